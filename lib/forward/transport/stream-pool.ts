import type { Clock } from '../../base/clock.ts'
import type { Connector } from './connector.ts'
import type { ConnectionOwner, ConnectionTimes } from './connection-owner.ts'
import { StreamConnection } from './stream-connection.ts'
import { StreamQuestion } from './stream-question.ts'
import { UsualTime } from './usual-time.ts'
import type { Transport, TransportCounters, TransportQuery } from './transport.ts'

export interface StreamLimits extends ConnectionTimes {
  /** Connections to the server at a time. */
  readonly maxConnections: number
  /** Questions under way on one connection at a time. */
  readonly maxPipelined: number
  /** Questions that wait for a place; beyond that they are turned away. */
  readonly maxWaiting: number
}

const STREAM_LIMITS: StreamLimits = {
  maxConnections: 8,
  maxPipelined: 64,
  maxWaiting: 2048,
  connectTimeoutMs: 3000,
  idleMs: 10_000,
  silenceMs: 5000,
}

// After a connection could not be opened while others serve, so long none is tried.
const REOPEN_MS = 1000

interface Options {
  readonly connector: Connector
  readonly clock: Clock
  readonly counters: TransportCounters
  readonly limits?: Partial<StreamLimits>
}

/**
 * DNS over few lasting connections (RFC 7766): questions are pipelined, replies come in any order. A server may also answer
 * the questions of a connection one after the other; then a slow one holds up those behind it. So a question goes to the
 * connection with the fewest under way among those where nothing waits for unusually long; where there is none, one more is
 * opened; and what waits behind the oldest question of a connection that has gone quiet is asked again elsewhere, once.
 */
export class StreamPool implements Transport {
  readonly #connector: Connector
  readonly #clock: Clock
  readonly #counters: TransportCounters
  readonly #limits: StreamLimits
  readonly #owner: ConnectionOwner
  readonly #connections = new Set<StreamConnection>()
  readonly #waiting = new Set<StreamQuestion>()
  readonly #usual = new UsualTime()
  /** After how many replies the server closes a connection, so far as it has shown. */
  #closesAfter = Number.POSITIVE_INFINITY
  #opened = 0
  #openingSinceMs = 0
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor({ connector, clock, counters, limits }: Options) {
    this.#connector = connector
    this.#clock = clock
    this.#counters = counters
    this.#limits = { ...STREAM_LIMITS, ...limits }
    this.#owner = {
      clock,
      counters,
      times: this.#limits,
      patienceMs: () => this.#usual.patienceMs,
      onReady: (connection) => this.#use(connection),
      onReply: (connection, tookMs) => this.#goOn(connection, tookMs),
      onRest: (connection) => this.#placeWaiting(connection),
      onHeldUp: (connection) => this.#relieve(connection),
      onEnd: (connection, unanswered, error) => this.#drop(connection, unanswered, error),
    }
  }

  exchange(query: TransportQuery): Promise<Buffer> {
    if (this.#isClosed) return Promise.reject(this.#error('was closed'))
    if (query.signal.aborted) return Promise.reject(query.signal.reason)
    const question = new StreamQuestion(query, (aborted) => this.#forget(aborted))
    this.#place(question)
    return question.reply
  }

  close(): void {
    this.#isClosed = true
    const error = this.#error('was closed')
    for (const connection of this.#connections) connection.end(error)
    for (const question of this.#waiting) question.reject(error)
    this.#waiting.clear()
  }

  #error(what: string): Error {
    return new Error(`${this.#connector.label} ${what}`)
  }

  #place(question: StreamQuestion): void {
    const nowMs = this.#clock.now()
    const best = this.#best(question.leastConnection, nowMs)
    if (best !== undefined) {
      if (best.isSlow(nowMs)) this.#openAnother(nowMs)
      this.#ask(best, question)
    } else if (this.#waiting.size >= this.#limits.maxWaiting)
      question.reject(this.#error('has too many questions to answer'))
    else {
      this.#waiting.add(question)
      this.#openForWaiting()
    }
  }

  #ask(connection: StreamConnection, question: StreamQuestion): void {
    if (connection.replies > 0) this.#counters.connectionsReused++
    connection.ask(question)
  }

  // The one with the fewest questions under way, among those where none waits for long, or else among all with room.
  #best(least: number, nowMs: number): StreamConnection | undefined {
    let best: StreamConnection | undefined
    let isBestSlow = true
    for (const connection of this.#connections) {
      if (connection.number < least || !this.#hasRoom(connection, nowMs)) continue
      const isSlow = connection.isSlow(nowMs)
      const isBetter = isSlow === isBestSlow ? connection.load < (best?.load ?? Number.POSITIVE_INFINITY) : isBestSlow
      if (!isBetter) continue
      best = connection
      isBestSlow = isSlow
    }
    return best
  }

  // One that the server is about to close has no room; but perhaps it does not close it.
  #hasRoom(connection: StreamConnection, nowMs: number): boolean {
    if (!connection.isReady || connection.isWornOut || connection.load >= this.#limits.maxPipelined) return false
    return connection.replies + connection.load < this.#closesAfter || connection.hasRested(nowMs)
  }

  // One at a time: what is opening may be enough.
  #openAnother(nowMs: number): void {
    if (this.#opening === 0 && nowMs >= this.#notBeforeMs) this.#open()
  }

  // Enough of them for all that wait.
  #openForWaiting(): void {
    const room = Math.min(this.#limits.maxPipelined, this.#closesAfter)
    while (this.#opening * room < this.#waiting.size && this.#open()) {}
  }

  get #opening(): number {
    let opening = 0
    for (const { isReady } of this.#connections) if (!isReady) opening++
    return opening
  }

  #open(): boolean {
    if (this.#isClosed || this.#connections.size >= this.#limits.maxConnections) return false
    if (this.#connections.size === 0) this.#openingSinceMs = this.#clock.now()
    this.#connections.add(new StreamConnection(++this.#opened, this.#connector, this.#owner))
    return true
  }

  #use(connection: StreamConnection): void {
    const nowMs = this.#clock.now()
    this.#usual.startWith(nowMs - this.#openingSinceMs)
    this.#placeWaiting(connection)
    for (const other of this.#connections) if (other.isHeldUp(nowMs)) this.#relieve(other)
  }

  #goOn(connection: StreamConnection, tookMs: number): void {
    this.#usual.add(tookMs)
    if (connection.replies > this.#closesAfter) this.#closesAfter = Number.POSITIVE_INFINITY
    if (this.#waiting.size > 0) this.#placeWaiting(connection)
  }

  #placeWaiting(connection: StreamConnection): void {
    const nowMs = this.#clock.now()
    for (const question of this.#waiting) {
      if (!this.#hasRoom(connection, nowMs)) return
      if (connection.number < question.leastConnection) continue
      this.#waiting.delete(question)
      this.#ask(connection, question)
    }
  }

  // What waits behind the oldest question goes where nothing waits for long, as soon as there is such a place.
  #relieve(connection: StreamConnection): void {
    const nowMs = this.#clock.now()
    const other = this.#best(0, nowMs)
    if (other === undefined || other.isSlow(nowMs)) return this.#openAnother(nowMs)
    const room = this.#limits.maxPipelined - other.load
    for (const question of connection.followers.slice(0, room)) this.#ask(other, question)
  }

  #forget(question: StreamQuestion): void {
    this.#waiting.delete(question)
    for (const { connection, wireId } of question.places) {
      connection.abandon(wireId)
      if (this.#waiting.size > 0) this.#placeWaiting(connection)
    }
  }

  #drop(connection: StreamConnection, unanswered: readonly StreamQuestion[], error: Error): void {
    this.#connections.delete(connection)
    const { replies } = connection
    if (unanswered.length > 0 && replies > 0) this.#closesAfter = replies
    for (const question of unanswered) {
      // A connection that has served before may be closed at any time (RFC 7766 §6.2.4); one that never did tells us something.
      if (replies === 0 || question.wasLost || this.#isClosed) question.reject(error)
      else {
        question.leastConnection = this.#nextToOpen
        this.#place(question)
      }
    }
    if (replies === 0 && unanswered.length === 0) this.#rejectHopeless(error)
    else this.#openForWaiting()
  }

  // None could be opened. Whoever can wait for one that is there does so.
  #rejectHopeless(error: Error): void {
    this.#notBeforeMs = this.#clock.now() + REOPEN_MS
    const newest = Math.max(0, ...[...this.#connections].map(({ number }) => number))
    for (const question of this.#waiting) {
      if (newest >= Math.max(1, question.leastConnection)) continue
      this.#waiting.delete(question)
      question.reject(error)
    }
  }

  // The number of the connection that will be ready next.
  get #nextToOpen(): number {
    for (const { isReady, number } of this.#connections) if (!isReady) return number
    return this.#opened + 1
  }
}
