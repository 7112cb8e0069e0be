import type { Clock } from '../base/clock.ts'
import { Ending } from '../base/ending.ts'
import type { Query } from '../dns/answer.ts'
import type { Message } from '../dns/message.ts'
import { COUNT_AGAINST, type Exchange } from './exchange.ts'
import type { Upstream } from './upstream.ts'

/** After so long without a reply another attempt is made in any case; those before are still listened to. */
const PATIENCE_MS = 400
/** Each pause is so much longer than the one before. */
const PAUSE_GROWTH = 1.5
const MAX_ATTEMPTS = 10
// Who did not reply for so long until the end was silent; who was asked later may not have had the time.
const SILENCE_MS = 300
// So long after the deadline a reply is still of use to those who ask later (RFC 8767 §5: two timers).
const AFTERWARDS_MS = 3200

/** The end of all attempts: a reply, if only a failure that an upstream reported; or why there is none. */
export type Outcome =
  | { readonly message: Message; readonly upstream: Upstream }
  | { readonly fault: 'timeout' | 'network'; readonly error: unknown }

interface Options {
  /** In the order in which they are to be asked; at least one. */
  readonly upstreams: readonly Upstream[]
  readonly query: Query
  readonly begin: (upstream: Upstream) => Exchange
  /** Whether a reply ends the attempts. */
  readonly isUseful: (message: Message) => boolean
  /** A useful reply that came after the deadline. */
  readonly onAfterwards: (message: Message, upstream: Upstream) => void
  /** A reply that takes longer is late. */
  readonly lateMs: number
  /** Whether one more may be asked because a reply is late, though it may still come. */
  readonly mayHedge: () => boolean
  readonly clock: Clock
}

/**
 * Asks one upstream after the other. The next one gets its turn when one fails, at once, or when it is late: as far as
 * that is allowed as soon as most replies would have come, in any case after 400 ms. An upstream that failed is not
 * asked again. The first useful reply ends everything; the deadline does so in any case.
 */
export function attempts(options: Options): Promise<Outcome> {
  return new Attempts(options).run()
}

// Made once: they have a stack trace, which costs more than the rest of an exchange.
const NO_REPLY: Outcome = { fault: 'timeout', error: new Error('no reply in time') }
const ENOUGH = new Error('nobody waits any more')

class Attempts {
  readonly #options: Options
  readonly #abort = new Ending()
  readonly #ended = Promise.withResolvers<Outcome>()
  #running: Exchange[] = []
  readonly #failed: Upstream[] = []
  readonly #useless: Upstream[] = []
  #made = 0
  #pauseMs: number
  #hasEnded = false
  /** The deadline is over, and somebody may still reply. */
  #goesOn = false
  #cancelTimer: () => void = () => {}
  #worst: Outcome = NO_REPLY

  constructor(options: Options) {
    this.#options = options
    this.#pauseMs = options.lateMs
  }

  run(): Promise<Outcome> {
    this.#next()
    return this.#ended.promise
  }

  // One timer does for all: whichever comes first, `then` or the deadline.
  #after(delayMs: number, then: () => void): void {
    const { clock, query } = this.#options
    const leftMs = Math.max(0, query.deadlineMs - clock.now())
    this.#cancelTimer()
    this.#cancelTimer = clock.after(Math.min(delayMs, leftMs), delayMs < leftMs ? then : () => this.#timeOut())
  }

  #timeOut(): void {
    const nowMs = this.#options.clock.now()
    for (const exchange of this.#running) if (nowMs - exchange.startedMs >= SILENCE_MS) exchange.silent()
    this.#goesOn = this.#running.length > 0
    this.#end(this.#worst)
    if (this.#goesOn) this.#cancelTimer = this.#options.clock.after(AFTERWARDS_MS, () => this.#abort.abort(ENOUGH))
  }

  #end(outcome: Outcome): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#cancelTimer()
    if (this.#running.length > 0 && !this.#goesOn) this.#abort.abort(ENOUGH)
    this.#ended.resolve(outcome)
  }

  #next(): void {
    const upstream = this.#made < MAX_ATTEMPTS ? this.#choose() : undefined
    if (upstream === undefined) {
      if (this.#running.length === 0) this.#end(this.#worst)
      else this.#after(Number.POSITIVE_INFINITY, () => {})
      return
    }
    this.#made++
    const exchange = this.#options.begin(upstream)
    this.#running.push(exchange)
    this.#waitFor(exchange)
    void this.#ask(exchange)
  }

  #waitFor(exchange: Exchange): void {
    const pauseMs = Math.min(this.#pauseMs, PATIENCE_MS)
    this.#pauseMs = pauseMs * PAUSE_GROWTH
    this.#after(pauseMs, () => {
      exchange.late()
      const isPatienceOver = pauseMs === PATIENCE_MS
      if (isPatienceOver || this.#options.mayHedge()) this.#next()
      else this.#after(PATIENCE_MS - pauseMs, () => this.#next())
    })
  }

  #hasIt(upstream: Upstream): boolean {
    if (!upstream.isReliable) return false
    for (const exchange of this.#running) if (exchange.upstream === upstream) return true
    return false
  }

  #afterwards(outcome: Outcome, isUseful: boolean): void {
    if (!this.#goesOn || (!isUseful && this.#running.length > 0)) return
    this.#goesOn = false
    this.#cancelTimer()
    this.#abort.abort(ENOUGH)
    if (isUseful && 'message' in outcome) this.#options.onAfterwards(outcome.message, outcome.upstream)
  }

  // In the order of the list, round and round, without those that failed, or that lose nothing and have it already.
  #choose(): Upstream | undefined {
    const { upstreams } = this.#options
    for (let i = 0; i < upstreams.length; i++) {
      const upstream = upstreams[(this.#made + i) % upstreams.length]
      if (upstream !== undefined && !this.#failed.includes(upstream) && !this.#hasIt(upstream)) return upstream
    }
    return undefined
  }

  async #ask(exchange: Exchange): Promise<void> {
    const { upstream } = exchange
    let outcome: Outcome
    let isUseful = false
    try {
      const message = await exchange.run(this.#options.query, this.#abort)
      outcome = { message, upstream }
      isUseful = this.#options.isUseful(message)
      if (COUNT_AGAINST.has(message.rcode)) this.#useless.push(upstream)
    } catch (error) {
      outcome = { fault: 'network', error }
    }
    this.#running = this.#running.filter((other) => other !== exchange)
    if (this.#hasEnded) return this.#afterwards(outcome, isUseful)
    if (isUseful) {
      for (const { health } of this.#useless) health.failed()
      return this.#end(outcome)
    }
    // That an upstream says what is wrong is worth more than that another one says nothing.
    if ('message' in outcome || !('message' in this.#worst)) this.#worst = outcome
    this.#failed.push(upstream)
    this.#next()
  }
}
