import { once } from 'node:events'
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { Issued } from './certificates.ts'

/** What a server does with a query that came in a request. */
export type H2Behaviour = (stream: ServerHttp2Stream, query: Buffer, session: ServerHttp2Session) => void

export interface Asked {
  readonly query: Buffer
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A DoH server on a loopback port that misbehaves as it is told. */
export class H2Server implements AsyncDisposable {
  readonly asked: Asked[] = []
  readonly sessions: ServerHttp2Session[] = []
  readonly #server: Http2SecureServer
  readonly #sockets = new Set<Socket>()

  private constructor(
    behave: H2Behaviour,
    { cert, key }: Issued,
    settings: { readonly maxConcurrentStreams?: number },
  ) {
    this.#server = createSecureServer({ cert, key, settings })
    this.#server.on('tlsClientError', () => {})
    this.#server.on('sessionError', () => {})
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('session', (session) => {
      this.sessions.push(session)
      session.on('error', () => session.destroy())
    })
    this.#server.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('error', () => stream.destroy())
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const query = Buffer.concat(chunks)
        this.asked.push({ query, headers })
        const { session } = stream
        if (session !== undefined) behave(stream, query, session as ServerHttp2Session)
      })
    })
  }

  static async start(
    behave: H2Behaviour,
    issued: Issued,
    settings: { readonly maxConcurrentStreams?: number } = {},
  ): Promise<H2Server> {
    const server = new H2Server(behave, issued, settings)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get address(): { readonly host: string; readonly port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port }
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()))
    for (const session of this.sessions) session.destroy()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}

/** A reply as it has to be. */
export function respond(stream: ServerHttp2Stream, reply: Buffer, headers: Record<string, string | number> = {}): void {
  if (stream.destroyed || stream.closed) return
  stream.respond({ ':status': 200, 'content-type': 'application/dns-message', ...headers })
  stream.end(reply)
}
