import { messageOf } from '../../base/error-text.ts'
import { FLAG } from '../../dns/constants.ts'
import type { ConnectedSockets, Receiver } from '../../native/connected-sockets.ts'
import type { SocketAddress } from '../../native/socket-address.ts'
import type { ServerAddress } from '../upstream.ts'
import { isReply } from './is-reply.ts'
import type { Transport, TransportCounters, TransportQuery } from './transport.ts'

interface Options {
  readonly server: ServerAddress
  /** Shared by all transports of the process; not closed with this. */
  readonly sockets: ConnectedSockets
  /** Where a question goes whose reply did not fit, or that somebody may be forging replies to. Not closed with this. */
  readonly tcp: Transport
  /** Whether a reply must spell the name as it was asked: for queries with letter case drawn at random. */
  readonly matchCase: boolean
  readonly counters: TransportCounters
}

/** As `UdpTransport`, a fresh random port for each query and all, without a socket of Node's for each. */
export class NativeUdpTransport implements Transport {
  readonly #options: Options
  readonly #server: SocketAddress
  readonly #underWay = new Set<Exchange>()
  #isClosed = false

  constructor(options: Options) {
    this.#options = options
    this.#server = options.sockets.address(options.server.host, options.server.port)
  }

  exchange(query: TransportQuery): Promise<Buffer> {
    if (query.signal.aborted) return Promise.reject(query.signal.reason)
    if (this.#isClosed) return Promise.reject(closedError())
    const exchange = new Exchange(query, this.#options, this.#underWay)
    return exchange.start(this.#server)
  }

  close(): void {
    this.#isClosed = true
    for (const exchange of this.#underWay) exchange.fail(closedError())
  }
}

const closedError = (): Error => new Error('the transport was closed')

class Exchange implements Receiver {
  readonly #query: TransportQuery
  readonly #options: Options
  readonly #underWay: Set<Exchange>
  readonly #outcome = Promise.withResolvers<Buffer>()
  /** What to let go of. */
  #socket: number | undefined
  #hasEnded = false
  /** Ends the exchange over TCP; there is none as long as this is undefined. */
  #tcp: AbortController | undefined
  #tcpError: Error | undefined
  /** Came while TCP was being asked: counts only if TCP fails. */
  #kept: Buffer | undefined

  constructor(query: TransportQuery, options: Options, underWay: Set<Exchange>) {
    this.#query = query
    this.#options = options
    this.#underWay = underWay
  }

  start(server: SocketAddress): Promise<Buffer> {
    this.#underWay.add(this)
    const { bytes, signal } = this.#query
    signal.addEventListener('abort', this)
    try {
      this.#socket = this.#options.sockets.ask(server, bytes, this)
    } catch (error) {
      this.fail(error)
    }
    return this.#outcome.promise
  }

  /** The signal says so. */
  handleEvent(): void {
    this.fail(this.#query.signal.reason)
  }

  fail(reason: unknown): void {
    if (this.#end()) this.#outcome.reject(reason)
  }

  take(reply: Buffer): void {
    const { bytes } = this.#query
    const { counters, matchCase } = this.#options
    if (!isReply(reply, bytes, bytes.readUInt16BE(0), matchCase)) {
      counters.mismatches++
      this.#askTcp('a reply over UDP was none to this query')
    } else if ((reply.readUInt16BE(2) & FLAG.TC) !== 0) {
      // Nothing better will come this way.
      this.#letGo()
      if (this.#tcpError === undefined) this.#askTcp('the reply over UDP was truncated')
      else this.fail(this.#tcpError)
    } else if (this.#tcp === undefined || this.#tcpError !== undefined) this.#succeed(reply)
    else this.#kept ??= reply
  }

  // Over UDP nothing more can come.
  lose(error: Error): void {
    this.#letGo()
    if (this.#tcp === undefined || this.#tcpError !== undefined) this.fail(error)
  }

  #succeed(reply: Buffer): void {
    if (this.#end()) this.#outcome.resolve(reply)
  }

  #askTcp(why: string): void {
    if (this.#tcp !== undefined) return
    this.#tcp = new AbortController()
    this.#options.tcp.exchange({ bytes: this.#query.bytes, signal: this.#tcp.signal }).then(
      (reply) => this.#succeed(reply),
      (error: unknown) => this.#loseTcp(new Error(`${why}, and TCP failed: ${messageOf(error)}`, { cause: error })),
    )
  }

  #loseTcp(error: Error): void {
    this.#tcpError = error
    if (this.#kept !== undefined) this.#succeed(this.#kept)
    else if (this.#socket === undefined) this.fail(error)
  }

  #end(): boolean {
    if (this.#hasEnded) return false
    this.#hasEnded = true
    this.#underWay.delete(this)
    this.#query.signal.removeEventListener('abort', this)
    this.#letGo()
    this.#tcp?.abort()
    return true
  }

  #letGo(): void {
    if (this.#socket === undefined) return
    this.#options.sockets.letGo(this.#socket)
    this.#socket = undefined
  }
}
