import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer as createHttp,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { collectionOf } from './fake-api-store.ts'

/** HTTP for the fake API server: requests, bodies, and connections that are left open and unanswered. */

export interface ApiRequest {
  readonly method: string
  readonly path: string
  /** `services`, `endpointslices` or `nodes`; empty for any other path. */
  readonly resource: string
  readonly namespace: string | undefined
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly isWatch: boolean
  /** As of performance.now(). */
  readonly atMs: number
}

export interface TlsKeys {
  readonly key: string
  readonly cert: string
}

/** As the API server reads a flag in a query. */
export const isTrue = (value: string | null): boolean => value !== null && !/^(0|false)$/i.test(value)

function requestOf({ method = '', url = '/', headers }: IncomingMessage): ApiRequest {
  const { pathname: path, searchParams: query } = new URL(url, 'http://localhost')
  const { resource, namespace } = collectionOf(path)
  const isWatch = isTrue(query.get('watch'))
  return { method, path, resource: resource?.name ?? '', namespace, query, headers, isWatch, atMs: performance.now() }
}

const headersOf = (): Record<string, string> => ({
  'Audit-Id': randomUUID(),
  'Cache-Control': 'no-cache, private',
  'Content-Type': 'application/json',
})

const HOST = '127.0.0.1'
const LISTEN_TRIES = 100
const LISTEN_AGAIN_MS = 20

export class ApiListener {
  readonly #scheme: string
  readonly #http: ReturnType<typeof createHttp>
  // Takes connections and hands them on, or not: what it keeps stays open and is never answered.
  readonly #front = createServer({ allowHalfOpen: true, noDelay: true })
  readonly #sockets = new Set<Socket>()
  // Sockets that may be written to, as requests know them: over TLS these are others than the above.
  readonly #live = new Set<Socket>()
  #isBlackHole = false
  #port = 0

  constructor(onRequest: (request: ApiRequest, body: ApiBody) => void, tls?: TlsKeys) {
    // No timeouts: an idle connection stays as it is.
    const timeouts = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }
    const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
      const body = new ApiBody(response, () => this.#live.has(incoming.socket))
      if (body.isLive) onRequest(requestOf(incoming), body)
    }
    this.#scheme = tls === undefined ? 'http' : 'https'
    this.#http = tls === undefined ? createHttp(timeouts, listener) : createHttps({ ...timeouts, ...tls }, listener)
    this.#http.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      if (!this.#isBlackHole) track(this.#live, socket)
    })
    this.#front.on('connection', (socket) => {
      track(this.#sockets, socket)
      if (!this.#isBlackHole) this.#http.emit('connection', socket)
    })
  }

  get url(): string {
    return `${this.#scheme}://${HOST}:${this.#port}`
  }

  blackHole(on: boolean): void {
    this.#isBlackHole = on
    if (on) this.#live.clear()
  }

  /** Listens, on the same port as before. */
  async start(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        this.#front.listen(this.#port, HOST)
        await once(this.#front, 'listening')
        this.#port = (this.#front.address() as AddressInfo).port
        return
      } catch (error) {
        if (tries === LISTEN_TRIES || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
        await sleep(LISTEN_AGAIN_MS)
      }
    }
  }

  /** Cuts all connections, also those that are left unanswered, and refuses new ones. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#front.close(resolve))
    this.#live.clear()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}

function track(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket)
  socket.on('error', () => socket.destroy())
  socket.on('close', () => sockets.delete(socket))
}

const CHUNK_CHARS = 64 * 1024

/** A body that goes out piece by piece, no faster than the client takes it, and lets the client have turns between. */
export class ApiBody {
  readonly response: ServerResponse
  readonly #mayBeSent: () => boolean
  #pieces: (string | Buffer)[] = []
  #isSending = false
  #isEnded = false
  #goOn = (): void => {}

  constructor(response: ServerResponse, mayBeSent: () => boolean) {
    this.response = response
    this.#mayBeSent = mayBeSent
    response.on('drain', () => this.#goOn()).on('close', () => this.#goOn())
  }

  /** Whether anything can still be sent. */
  get isLive(): boolean {
    return this.#mayBeSent() && !this.response.destroyed && !this.response.writableEnded
  }

  /** Sends an answer as a whole. */
  answer(status: number, headers: Readonly<Record<string, string>>, text: string): void {
    if (this.isLive) this.response.writeHead(status, { ...headersOf(), ...headers }).end(text)
  }

  /** Sends the headers at once. */
  start(): void {
    this.response.writeHead(200, headersOf()).flushHeaders()
  }

  send(pieces: readonly (string | Buffer)[]): void {
    for (const piece of pieces) if (piece.length > 0) this.#pieces.push(piece)
    if (!this.#isSending) void this.#sendAll()
  }

  /** Ends the body after what was sent. */
  end(): void {
    this.#isEnded = true
    if (!this.#isSending) void this.#sendAll()
  }

  /** Closes the connection in the middle of the body. What is in the socket already still arrives. */
  cut(): void {
    this.#pieces = []
    const { socket } = this.response
    if (socket?.writableNeedDrain) socket.destroy()
    else socket?.destroySoon()
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true
    while (this.#pieces.length > 0 && this.isLive) {
      const isTaken = this.response.write(this.#nextChunk())
      if (!isTaken) await new Promise<void>((resolve) => void (this.#goOn = resolve))
      else if (this.#pieces.length > 0) await new Promise((resolve) => void setImmediate(resolve))
    }
    this.#isSending = false
    if (this.#isEnded && this.isLive) this.response.end()
  }

  #nextChunk(): Buffer {
    let count = 0
    for (let size = 0; count < this.#pieces.length && size < CHUNK_CHARS; count++) size += this.#pieces[count]!.length
    return Buffer.concat(this.#pieces.splice(0, count).map((piece) => Buffer.from(piece)))
  }
}
