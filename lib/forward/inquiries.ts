import { Ending } from '../base/ending.ts'
import type { Query } from '../dns/answer.ts'
import type { Message } from '../dns/message.ts'
import { Allowance } from './allowance.ts'
import { attempts, type Outcome } from './attempts.ts'
import { COUNT_AGAINST, Exchange, type ExchangeOptions } from './exchange.ts'
import { RANK } from './health.ts'
import type { Route } from './route.ts'
import { inOrder } from './select.ts'
import type { Upstream } from './upstream.ts'

// A question may be asked once more while its reply is late. With a third of all packets lost, half a question more for
// each one is what that takes; where nobody answers, an upstream is soon down, and not asked at all.
const HEDGES = { each: 0.5, most: 32 }
// So much later than 95 of 100 replies of the best upstream a reply is late: at the 95th itself one in 20 would be.
const LATE_BEYOND_P95_MS = 10
const LATE_AT_FIRST_MS = 400
// Questions that at a time go, with nobody waiting, also to an upstream that is not asked otherwise, to see how it is.
const MAX_TRIALS = 64
const TRIAL_ENDS_MS = 1800
// One that is down is probed; this is for one that has no answer to the probe.
const TRIAL_OF_DOWN_MS = 5000
// So often the policy `fastest` looks at those that it does not choose; of many questions only.
const TRIALS_OF_GOOD = { each: 0.1, most: 10 }
const TRIAL_OF_SLOWER_MS = 500
const TRIAL_OF_GOOD_MS = 5000
const MUCH_SLOWER = { times: 2, ms: 5 }

interface Options extends ExchangeOptions {
  /** Rcodes that pass the question on to the next upstream. */
  readonly failover: ReadonlySet<number>
}

/** The end of an inquiry; `none` where no upstream is to be asked at all. */
export type Finding = Outcome | { readonly fault: 'none' }

const NONE: Promise<Finding> = Promise.resolve({ fault: 'none' })
// Made once: an error has a stack trace, which is dear.
const ENOUGH = new Error('nobody waits any more')

/** Asks the upstreams of a route: those that are likely to answer soon first, and the others now and then. */
export class Inquiries {
  readonly #options: Options
  readonly #hedges = new Allowance(HEDGES)
  readonly #trialsOfGood = new Allowance(TRIALS_OF_GOOD)
  #turn = 0
  #trialsUnderWay = 0
  /** Questions that were asked once more because the reply was late. */
  hedged = 0
  tried = 0
  /** Questions for which there was no upstream to ask. */
  unanswerable = 0

  constructor(options: Options) {
    this.#options = options
  }

  /**
   * Resolves within the time of the query; `onAfterwards` gets a reply that comes later. `except` one upstream: what it
   * says is known.
   */
  ask(query: Query, route: Route, { except, onAfterwards = () => {} }: AskOptions = {}): Promise<Finding> {
    const { clock, random, failover } = this.#options
    const candidates = except === undefined ? route.upstreams : route.upstreams.filter((one) => one !== except)
    const upstreams = inOrder(candidates, route.policy, { turn: this.#turn++, random })
    if (upstreams.length === 0) {
      this.unanswerable++
      this.#tryDown(candidates, { query, route, lateMs: LATE_AT_FIRST_MS, outcome: NONE })
      return NONE
    }
    this.#hedges.earn()
    const lateMs = lateMsOf(upstreams)
    const outcome = attempts({
      upstreams,
      query,
      begin: (upstream) => new Exchange(upstream, route.domain, this.#options),
      // Rcodes from 16 up are about the exchange, not about the question (RFC 6891 §6.1.3).
      isUseful: ({ rcode }) => rcode < 16 && !failover.has(rcode),
      onAfterwards,
      lateMs,
      mayHedge: this.#mayHedge,
      clock,
    })
    if (candidates.length > 1) this.#tryOthers(candidates, upstreams, { query, route, lateMs, outcome })
    return outcome
  }

  readonly #mayHedge = (): boolean => {
    if (!this.#hedges.take()) return false
    this.hedged++
    return true
  }

  #tryOthers(candidates: readonly Upstream[], [first, ...others]: readonly Upstream[], asked: Asked): void {
    const nowMs = this.#options.clock.now()
    const slowMs = (first?.health.meanMs ?? 0) * MUCH_SLOWER.times + MUCH_SLOWER.ms
    this.#trialsOfGood.earn()
    for (const upstream of others) {
      const { health } = upstream
      const isGood = health.rank === RANK.GOOD
      const pauseOfGoodMs = health.meanMs > slowMs ? TRIAL_OF_SLOWER_MS : TRIAL_OF_GOOD_MS
      const isDue = nowMs >= health.askedAtMs + (isGood ? pauseOfGoodMs : health.trialPauseMs)
      if (isDue && (!isGood || (asked.route.policy === 'fastest' && this.#trialsOfGood.take())))
        this.#try(upstream, asked)
    }
    this.#tryDown(candidates, asked)
  }

  #tryDown(candidates: readonly Upstream[], asked: Asked): void {
    const nowMs = this.#options.clock.now()
    for (const upstream of candidates) {
      const { health } = upstream
      if (health.isDown && !health.isLooping && nowMs >= health.askedAtMs + TRIAL_OF_DOWN_MS) this.#try(upstream, asked)
    }
  }

  #try(upstream: Upstream, asked: Asked): void {
    if (this.#trialsUnderWay < MAX_TRIALS) void this.#tryNow(upstream, asked)
  }

  // Asks what a client asks of another upstream, who should do as well as that one.
  async #tryNow(upstream: Upstream, { query, route, lateMs, outcome }: Asked): Promise<void> {
    const { clock } = this.#options
    const end = new Ending()
    const exchange = new Exchange(upstream, route.domain, this.#options)
    const cancelLate = clock.after(lateMs, () => exchange.late())
    const cancelEnd = clock.after(TRIAL_ENDS_MS, () => {
      exchange.silent()
      end.abort(ENOUGH)
    })
    this.#trialsUnderWay++
    this.tried++
    try {
      const { rcode } = await exchange.run(query, end)
      if (COUNT_AGAINST.has(rcode) && isBetter(await outcome)) upstream.health.failed()
    } catch {
      // It has been noted.
    } finally {
      this.#trialsUnderWay--
      cancelLate()
      cancelEnd()
    }
  }
}

/** A question that was put to the upstreams of a route. */
interface Asked {
  readonly query: Query
  readonly route: Route
  readonly lateMs: number
  readonly outcome: Promise<Finding>
}

interface AskOptions {
  readonly except?: Upstream
  readonly onAfterwards?: (message: Message, upstream: Upstream) => void
}

const isBetter = (outcome: Finding): boolean => 'message' in outcome && !COUNT_AGAINST.has(outcome.message.rcode)

function lateMsOf(upstreams: readonly Upstream[]): number {
  let bestMs = LATE_AT_FIRST_MS
  for (const { health } of upstreams) bestMs = Math.min(bestMs, health.latency.p95Ms ?? LATE_AT_FIRST_MS)
  return bestMs + LATE_BEYOND_P95_MS
}
