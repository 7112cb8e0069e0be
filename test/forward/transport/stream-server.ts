import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions, Server as TlsServer, TLSSocket } from 'node:tls'
import { FrameReader, frame } from '../../../lib/dns/frame-reader.ts'

/** What a server does on one connection with a query, by its number there, from 0. */
export type Behaviour = (peer: Peer, query: Buffer, index: number) => void

interface Options {
  readonly tls?: TlsOptions
  /** Before anything is read. */
  readonly onAccept?: (peer: Peer) => void
  /** The port to listen on, if not any. */
  readonly port?: number
}

/** One accepted connection. */
export class Peer {
  readonly socket: Socket
  readonly asked: Buffer[] = []
  /** Whether it goes on with a TLS session of an earlier connection. */
  readonly isResumed: boolean
  /** From 0, in the order of acceptance. */
  readonly number: number

  constructor(socket: Socket, number: number) {
    this.socket = socket
    this.isResumed = socket instanceof TLSSocket && socket.isSessionReused()
    this.number = number
  }

  reply(message: Buffer): void {
    this.raw(frame(message))
  }

  raw(octets: Buffer): void {
    if (this.socket.writable) this.socket.write(octets)
  }
}

/** A name server over TCP or TLS on a loopback port that misbehaves as it is told. */
export class StreamServer implements AsyncDisposable {
  readonly peers: Peer[] = []
  readonly #server: Server
  /** Octets that came over plain TCP, or behind a finished handshake. */
  received = 0

  private constructor(behave: Behaviour, { tls, onAccept }: Options) {
    const accept = (socket: Socket) => this.#accept(socket, behave, onAccept)
    this.#server = tls === undefined ? createServer({ noDelay: true }, accept) : createTlsServer(tls, accept)
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => this.#sockets.delete(socket))
    })
    // Clients that do not like our certificate leave in the middle of it.
    this.#server.on('tlsClientError', () => {})
  }

  readonly #sockets = new Set<Socket>()

  static async start(behave: Behaviour, options: Options = {}): Promise<StreamServer> {
    const server = new StreamServer(behave, options)
    server.#server.listen(options.port ?? 0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get address(): { readonly host: string; readonly port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port }
  }

  get asked(): Buffer[] {
    return this.peers.flatMap(({ asked }) => asked)
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size
  }

  /** Cuts all connections, politely or not, and goes on listening. */
  cut(how: 'end' | 'reset' = 'end'): void {
    for (const socket of this.#sockets) {
      if (how === 'end') socket.destroy()
      else socket.resetAndDestroy()
    }
  }

  /** What connections from now on are shown. */
  useCertificate({ cert, key }: { readonly cert: string; readonly key: string }): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext({ cert, key })
  }

  /** Whether each TLS connection went on with a session of an earlier one. */
  get resumed(): boolean[] {
    return this.peers.map(({ isResumed }) => isResumed)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #accept(socket: Socket, behave: Behaviour, onAccept: ((peer: Peer) => void) | undefined): void {
    const peer = new Peer(socket, this.peers.length)
    this.peers.push(peer)
    const frames = new FrameReader()
    socket.on('error', () => socket.destroy())
    onAccept?.(peer)
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.length
      frames.push(chunk)
      for (let query = frames.next(); query !== undefined; query = frames.next()) {
        const index = peer.asked.push(query) - 1
        behave(peer, query, index)
      }
    })
  }
}
