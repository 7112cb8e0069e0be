import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, isIPv6, type Socket, type TcpSocketConnectOpts } from 'node:net'
import { type ConnectionOptions as TlsOptions, connect as connectTls } from 'node:tls'
import { FrameReader, frame } from '../../lib/dns/frame-reader.ts'

/** Where to ask. */
export interface Server {
  readonly host: string
  readonly port: number
}

export interface Datagram {
  readonly octets: Buffer
  readonly from: Server
}

const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024
const PATIENCE_MS = 15_000 // how long a reply may take before a test fails for the lack of it

/** One query, one reply, from a fresh port. */
export async function askUdp(server: Server, query: Buffer): Promise<Buffer> {
  await using client = await UdpClient.open(server)
  return await client.ask(query)
}

/** One query, one reply, on a connection of its own. */
export async function askTcp(server: Server, query: Buffer): Promise<Buffer> {
  await using client = await TcpClient.open(server)
  return await client.ask(query)
}

/** A UDP socket that asks one server. It is not connected, so it also takes what comes from elsewhere, and tells. */
export class UdpClient implements AsyncDisposable {
  readonly #socket: UdpSocket
  readonly #server: Server
  readonly #inbox = new Inbox<Datagram>()

  private constructor(socket: UdpSocket, server: Server) {
    this.#socket = socket
    this.#server = server
    socket.on('message', (octets, { address, port }) => this.#inbox.put({ octets, from: { host: address, port } }))
    socket.on('error', (error) => this.#inbox.fail(error))
  }

  /** `bindTo` is the address to ask from; the system chooses if it is left out. */
  static async open(server: Server, bindTo?: string): Promise<UdpClient> {
    // Room for what comes at once when this process had to wait for its turn.
    const type = isIPv6(server.host) ? 'udp6' : 'udp4'
    const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_OCTETS })
    const client = new UdpClient(socket, server)
    socket.bind(0, bindTo)
    await once(socket, 'listening')
    return client
  }

  send(octets: Buffer): void {
    this.#socket.send(octets, this.#server.port, this.#server.host)
  }

  /** The next datagram, in the order of arrival. Rejects if none comes. */
  async next(timeoutMs = PATIENCE_MS): Promise<Datagram> {
    return await this.#inbox.take(timeoutMs)
  }

  async ask(query: Buffer): Promise<Buffer> {
    this.send(query)
    return (await this.next()).octets
  }

  /** Datagrams that came and were not taken. */
  get waiting(): number {
    return this.#inbox.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((closed) => void this.#socket.close(closed))
  }
}

/** A TCP connection to one server. */
export class TcpClient implements AsyncDisposable {
  readonly socket: Socket
  readonly #ended = Promise.withResolvers<void>()
  readonly #inbox = new Inbox<Buffer>()

  private constructor(socket: Socket) {
    this.socket = socket
    const frames = new FrameReader()
    socket.on('data', (chunk: Buffer) => {
      frames.push(chunk)
      for (let message = frames.next(); message !== undefined; message = frames.next()) this.#inbox.put(message)
    })
    socket.on('error', (error) => this.#inbox.fail(error))
    const end = () => {
      this.#inbox.fail(new Error('the server closed the connection'))
      this.#ended.resolve()
    }
    socket.once('end', end).once('close', end)
  }

  /** `bindTo` is the address to ask from; the system chooses if it is left out. */
  static async open({ host, port }: Server, bindTo?: string): Promise<TcpClient> {
    const from = bindTo === undefined ? {} : { localAddress: bindTo }
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true, ...from })
    const client = new TcpClient(socket)
    await once(socket, 'connect')
    return client
  }

  /** The same over TLS, once that is agreed on. */
  static async openTls(
    { host, port }: Server,
    options: TlsOptions & Pick<TcpSocketConnectOpts, 'localAddress'>,
  ): Promise<TcpClient> {
    const socket = connectTls({ host, port, ALPNProtocols: ['dot'], ...options })
    const client = new TcpClient(socket)
    await once(socket, 'secureConnect')
    return client
  }

  /** Sends these queries, framed, in one write. */
  send(...queries: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(queries.map(frame)))
  }

  /** Sends octets as they are. */
  write(octets: Buffer): void {
    this.socket.write(octets)
  }

  /** The next reply, in the order of arrival. Rejects if none comes or the server has closed. */
  async next(timeoutMs = PATIENCE_MS): Promise<Buffer> {
    return await this.#inbox.take(timeoutMs)
  }

  /** So many replies, in the order of arrival. */
  async take(count: number): Promise<Buffer[]> {
    const replies: Buffer[] = []
    while (replies.length < count) replies.push(await this.next())
    return replies
  }

  async ask(query: Buffer): Promise<Buffer> {
    this.send(query)
    return await this.next()
  }

  /** Resolves when the server has ended its side, or the connection is gone. Rejects if that does not come to pass. */
  get ended(): Promise<void> {
    return within(PATIENCE_MS, this.#ended.promise, 'the connection was not ended')
  }

  /** Ends our side; the server may still answer. */
  halfClose(): void {
    this.socket.end()
  }

  /** Replies that came and were not taken. */
  get waiting(): number {
    return this.#inbox.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    if (!this.socket.closed) await once(this.socket, 'close')
  }
}

/** What came and was not asked for yet, or who asked and has nothing yet. */
class Inbox<T> {
  readonly #items: T[] = []
  readonly #takers: { readonly give: (item: T) => void; readonly fail: (error: Error) => void }[] = []
  #error: Error | undefined

  get size(): number {
    return this.#items.length
  }

  put(item: T): void {
    const taker = this.#takers.shift()
    if (taker === undefined) this.#items.push(item)
    else taker.give(item)
  }

  /** Nothing more will come. The first reason counts. */
  fail(error: Error): void {
    this.#error ??= error
    for (const taker of this.#takers.splice(0)) taker.fail(this.#error)
  }

  async take(timeoutMs: number): Promise<T> {
    const item = this.#items.shift()
    if (item !== undefined) return item
    if (this.#error !== undefined) throw this.#error
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const taker = { give: resolve, fail: reject }
    this.#takers.push(taker)
    try {
      return await within(timeoutMs, promise, 'no reply')
    } catch (error) {
      const place = this.#takers.indexOf(taker)
      if (place >= 0) this.#takers.splice(place, 1)
      throw error
    }
  }
}

async function within<T>(timeoutMs: number, promise: Promise<T>, otherwise: string): Promise<T> {
  const tooLate = Promise.withResolvers<never>()
  const timer = setTimeout(() => tooLate.reject(new Error(`${otherwise} within ${timeoutMs} ms`)), timeoutMs)
  try {
    return await Promise.race([promise, tooLate.promise])
  } finally {
    clearTimeout(timer)
  }
}
