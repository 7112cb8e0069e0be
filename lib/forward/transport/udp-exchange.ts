import { Ending } from '../../base/ending.ts'
import { messageOf } from '../../base/error-text.ts'
import { FLAG } from '../../dns/constants.ts'
import type { Receiver } from '../../native/connected-sockets.ts'
import { isReply } from './is-reply.ts'
import type { Transport, TransportCounters, TransportQuery } from './transport.ts'

export interface UdpExchangeOptions {
  /** Where a question goes whose reply did not fit, or that somebody may be forging replies to. Not closed with this. */
  readonly tcp: Transport
  /** Whether a reply must spell the name as it was asked: for queries with letter case drawn at random. */
  readonly matchCase: boolean
  readonly counters: TransportCounters
}

/** Sockets connected to one server, each for one question. */
export interface QuestionSockets<Socket> {
  /**
   * Sends the question from a random port of its own. The receiver hears what comes, not before this returns.
   * @throws {Error} the system's, where there is no socket to be had
   */
  ask(question: Buffer, receiver: Receiver): Socket
  letGo(socket: Socket): void
}

const ANSWERED = new Error('the question has been answered')

/**
 * One question over UDP. The first reply that is none to it moves it to TCP: who guesses has but one guess
 * (RFC 5452 §9). A truncated reply moves it too (RFC 1035 §4.2).
 */
export class UdpExchange<Socket> implements Receiver {
  readonly #query: TransportQuery
  readonly #options: UdpExchangeOptions
  readonly #sockets: QuestionSockets<Socket>
  readonly #outcome = Promise.withResolvers<Buffer>()
  /** What to let go of. */
  #socket: Socket | undefined
  #hasEnded = false
  /** Ends the exchange over TCP; there is none as long as this is undefined. */
  #tcp: Ending | undefined
  #tcpError: Error | undefined
  /** Came while TCP was being asked: counts only if TCP fails. */
  #kept: Buffer | undefined
  readonly #underWay: Set<UdpExchange<Socket>>

  /** @param underWay holds this from its start to its end */
  constructor(
    query: TransportQuery,
    options: UdpExchangeOptions,
    sockets: QuestionSockets<Socket>,
    underWay: Set<UdpExchange<Socket>>,
  ) {
    this.#query = query
    this.#options = options
    this.#sockets = sockets
    this.#underWay = underWay
  }

  start(): Promise<Buffer> {
    this.#underWay.add(this)
    const { bytes, signal } = this.#query
    signal.addEventListener('abort', this)
    try {
      this.#socket = this.#sockets.ask(bytes, this)
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

  /** Over UDP nothing more can come. */
  lose(error: Error): void {
    this.#letGo()
    if (this.#tcp === undefined || this.#tcpError !== undefined) this.fail(error)
  }

  #succeed(reply: Buffer): void {
    if (this.#end()) this.#outcome.resolve(reply)
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
    else if (this.#socket === undefined) this.fail(error)
  }

  #end(): boolean {
    if (this.#hasEnded) return false
    this.#hasEnded = true
    this.#underWay.delete(this)
    this.#query.signal.removeEventListener('abort', this)
    this.#letGo()
    this.#tcp?.abort(ANSWERED)
    return true
  }

  #letGo(): void {
    if (this.#socket === undefined) return
    this.#sockets.letGo(this.#socket)
    this.#socket = undefined
  }
}
