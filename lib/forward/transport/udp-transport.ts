import { createSocket, type Socket, type SocketOptions } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { Ending } from '../../base/ending.ts'
import { messageOf } from '../../base/error-text.ts'
import { FLAG } from '../../dns/constants.ts'
import type { ServerAddress } from '../upstream.ts'
import { isReply } from './is-reply.ts'
import type { Transport, TransportCounters, TransportQuery } from './transport.ts'

interface Options {
  readonly server: ServerAddress
  /** Where a question goes whose reply did not fit, or that somebody may be forging replies to. Not closed with this. */
  readonly tcp: Transport
  /** Whether a reply must spell the name as it was asked: for queries with letter case drawn at random. */
  readonly matchCase: boolean
  readonly counters: TransportCounters
}

type Lookup = NonNullable<SocketOptions['lookup']>

// Addresses are given as such; the lookup of the system would cost a turn each.
const isAlready =
  (family: number): Lookup =>
  (address, _options, done) =>
    done(null, address, family)

const UDP4: SocketOptions = { type: 'udp4', lookup: isAlready(4) }
const UDP6: SocketOptions = { type: 'udp6', lookup: isAlready(6) }

/**
 * Plain DNS over UDP. A fresh socket for each query has a fresh random source port; connected, it hears this server only,
 * and of a closed port at once (RFC 5452 §9). The first reply that is none to this query moves the question to TCP: who
 * guesses has but one guess. A truncated reply moves it too (RFC 1035 §4.2).
 */
export class UdpTransport implements Transport {
  readonly #options: Options
  readonly #socketOptions: SocketOptions
  readonly #underWay = new Set<Exchange>()
  #isClosed = false

  constructor(options: Options) {
    this.#options = options
    this.#socketOptions = isIPv6(options.server.host) ? UDP6 : UDP4
  }

  exchange(query: TransportQuery): Promise<Buffer> {
    if (query.signal.aborted) return Promise.reject(query.signal.reason)
    if (this.#isClosed) return Promise.reject(closedError())
    const exchange = new Exchange(query, this.#options, createSocket(this.#socketOptions), this.#underWay)
    return exchange.start()
  }

  close(): void {
    this.#isClosed = true
    for (const exchange of this.#underWay) exchange.fail(closedError())
  }
}

const ANSWERED = new Error('the question has been answered')

const closedError = (): Error => new Error('the transport was closed')

class Exchange {
  readonly #query: TransportQuery
  readonly #options: Options
  readonly #socket: Socket
  readonly #underWay: Set<Exchange>
  readonly #outcome = Promise.withResolvers<Buffer>()
  #isOpen = true
  #hasEnded = false
  /** Ends the exchange over TCP; there is none as long as this is undefined. */
  #tcp: Ending | undefined
  #tcpError: Error | undefined
  /** Came while TCP was being asked: counts only if TCP fails. */
  #kept: Buffer | undefined

  constructor(query: TransportQuery, options: Options, socket: Socket, underWay: Set<Exchange>) {
    this.#query = query
    this.#options = options
    this.#socket = socket
    this.#underWay = underWay
  }

  start(): Promise<Buffer> {
    this.#underWay.add(this)
    const { host, port } = this.#options.server
    const { bytes, signal } = this.#query
    signal.addEventListener('abort', this)
    // A send without a callback, so that a network that cannot be reached is an 'error' like any other.
    this.#socket
      .on('error', (error) => this.#lose(error))
      .on('message', (reply) => this.#take(reply))
      .on('connect', () => {
        if (this.#isOpen) this.#socket.send(bytes)
      })
      .connect(port, host)
    return this.#outcome.promise
  }

  /** The signal says so. */
  handleEvent(): void {
    this.fail(this.#query.signal.reason)
  }

  fail(reason: unknown): void {
    if (this.#end()) this.#outcome.reject(reason)
  }

  #succeed(reply: Buffer): void {
    if (this.#end()) this.#outcome.resolve(reply)
  }

  #take(reply: Buffer): void {
    const { bytes } = this.#query
    const { counters, matchCase } = this.#options
    if (!isReply(reply, bytes, bytes.readUInt16BE(0), matchCase)) {
      counters.mismatches++
      this.#askTcp('a reply over UDP was none to this query')
    } else if ((reply.readUInt16BE(2) & FLAG.TC) !== 0) {
      // Nothing better will come this way.
      this.#close()
      if (this.#tcpError === undefined) this.#askTcp('the reply over UDP was truncated')
      else this.fail(this.#tcpError)
    } else if (this.#tcp === undefined || this.#tcpError !== undefined) this.#succeed(reply)
    else this.#kept ??= reply
  }

  // Over UDP nothing more can come.
  #lose(error: Error): void {
    this.#close()
    if (this.#tcp === undefined || this.#tcpError !== undefined) this.fail(error)
  }

  #askTcp(why: string): void {
    if (this.#tcp !== undefined) return
    this.#tcp = new Ending()
    this.#options.tcp.exchange({ bytes: this.#query.bytes, signal: this.#tcp }).then(
      (reply) => this.#succeed(reply),
      (error: unknown) => this.#loseTcp(new Error(`${why}, and TCP failed: ${messageOf(error)}`, { cause: error })),
    )
  }

  #loseTcp(error: Error): void {
    this.#tcpError = error
    if (this.#kept !== undefined) this.#succeed(this.#kept)
    else if (!this.#isOpen) this.fail(error)
  }

  #end(): boolean {
    if (this.#hasEnded) return false
    this.#hasEnded = true
    this.#underWay.delete(this)
    this.#query.signal.removeEventListener('abort', this)
    this.#close()
    this.#tcp?.abort(ANSWERED)
    return true
  }

  #close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#socket.close()
  }
}
