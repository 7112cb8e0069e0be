import type { Clock } from '../base/clock.ts'
import { codeOf, messageOf } from '../base/error-text.ts'
import { SingleFlight } from '../base/single-flight.ts'
import { type Answer, authored, failure, type Query, type RelayedAnswer, type Resolve } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'
import { EDE, type ExtendedError } from '../dns/extended-error.ts'
import { isAtOrBelow, type Name } from '../dns/name.ts'
import { type CacheKeys, cacheKeys } from './cache-key.ts'
import type { Failures } from './failures.ts'
import type { Finding, Inquiries } from './inquiries.ts'
import type { Kept, MessageCache } from './message-cache.ts'
import { isNegativeAnswer, isSuccess, type Lifetimes, relay } from './relay.ts'
import type { Route } from './route.ts'
import { staleAnswer } from './stale-answer.ts'
import type { Upstream } from './upstream.ts'

interface Options {
  readonly routeOf: (name: Name) => Route | undefined
  readonly cache: MessageCache
  readonly failures: Failures
  readonly inquiries: Inquiries
  readonly clock: Clock
  readonly lifetimes: Lifetimes
  /** At and below these, what is known to exist is not denied on the word of one upstream. */
  readonly keepPositive: readonly Name[]
}

const NOT_CACHED = Promise.resolve(
  authored({
    rcode: RCODE.REFUSED,
    errors: [{ code: EDE.PROHIBITED, text: 'not in the cache, and recursion was not asked for' }],
  }),
)

const NO_ROUTE = Promise.resolve(failure({ code: EDE.NO_REACHABLE_AUTHORITY, text: 'no upstream is configured' }))

const NOT_BELIEVED = failure({ code: EDE.OTHER, text: 'what was known is denied by one upstream alone' })

// Questions that are asked again at a time without anyone waiting: each may take a few sockets.
const MAX_RECHECKS = 256
// After so long a denial is believed though only one upstream says so.
const DENIAL_BELIEVED_MS = 30_000

/** Answers from the cache, else from the upstreams of the name's route. The same question is asked once at a time. */
export function forwarder(options: Options): Resolve {
  const forward = new Forward(options)
  return (query) => forward.resolve(query)
}

class Forward {
  readonly #options: Options
  readonly #underWay = new SingleFlight<Answer>()

  constructor(options: Options) {
    this.#options = options
  }

  resolve(query: Query): Promise<Answer> {
    const { cache, clock, routeOf } = this.#options
    const nowMs = clock.now()
    const keys = cacheKeys(query)
    const cached = cache.get(keys, nowMs)?.answer
    const isDue = query.refresh === true && nowMs >= (cached?.refreshAtMs ?? 0)
    if (cached !== undefined && !isDue) return Promise.resolve(cached)
    if (!query.recursionDesired) return NOT_CACHED
    const route = routeOf(query.name)
    if (route === undefined) return NO_ROUTE
    const askNow = () => this.#underWay.run(keys.exact, () => this.#ask(query, route, keys))
    if (cached === undefined) return this.#orAsFailed(keys, route, askNow)
    return this.#isIdle ? askNow() : Promise.resolve(cached)
  }

  get #isIdle(): boolean {
    return this.#underWay.size < MAX_RECHECKS
  }

  // Where the upstreams failed a moment ago, or may not be there at all, nobody waits for them if something is known. Of a
  // fault whoever joins is told.
  #orAsFailed(keys: CacheKeys, { upstreams }: Route, askNow: () => Promise<Answer>): Promise<Answer> {
    const { cache, clock, failures } = this.#options
    const failed = failures.get(keys.exact)
    if (failed === undefined && upstreams.some(({ health }) => !health.isDoubted)) return askNow()
    const nowMs = clock.now()
    const kept = cache.getStale(keys, nowMs)
    const isHeld = failed !== undefined && nowMs < failed.holdUntilMs
    if (kept === undefined) return isHeld ? Promise.resolve(failures.answerOf(failed)) : askNow()
    if (!isHeld && this.#isIdle) askNow().catch(() => {})
    return Promise.resolve(this.#stale(kept, []))
  }

  async #ask(query: Query, route: Route, keys: CacheKeys): Promise<Answer> {
    const { cache, clock, failures, inquiries } = this.#options
    const finding = await inquiries.ask(query, route)
    const answer = this.#answerOf(finding, route)
    const nowMs = clock.now()
    if (isAnswer(answer)) {
      failures.delete(keys.exact)
      const good = this.#positiveBefore(query, keys, answer)
      if (good !== undefined && !(await this.#isDenied(good, { query, route, finding }))) {
        failures.add(keys.exact, NOT_BELIEVED, nowMs)
        return this.#stale(good, NOT_BELIEVED.errors)
      }
      cache.set(keys, answer, { query, nowMs, isBelievedAbout: (name) => this.#options.routeOf(name) === route })
      return answer
    }
    // Where nobody was asked nothing has to be held back.
    if (!('fault' in finding && finding.fault === 'none')) failures.add(keys.exact, answer, nowMs)
    const kept = cache.getStale(keys, nowMs)
    return kept === undefined ? answer : this.#stale(kept, answer.errors)
  }

  // What a negative answer would put an end to, if that is to be doubted.
  #positiveBefore(query: Query, keys: CacheKeys, { message }: RelayedAnswer): Kept | undefined {
    const { cache, clock, keepPositive } = this.#options
    if (!keepPositive.some((domain) => isAtOrBelow(query.name, domain)) || !isNegativeAnswer(message)) return undefined
    const kept = cache.getStale(keys, clock.now())
    return kept === undefined || isNegativeAnswer(kept.answer.message) ? undefined : kept
  }

  // Two have to say so: another upstream, or the same one after a while.
  async #isDenied(
    good: Kept,
    { query, route, finding }: { query: Query; route: Route; finding: Finding },
  ): Promise<boolean> {
    const { clock, inquiries } = this.#options
    if (!('upstream' in finding)) return false
    const { label } = finding.upstream
    const nowMs = clock.now()
    const before = (good.deniedBy ??= { label, atMs: nowMs })
    if (before.label !== label || nowMs - before.atMs >= DENIAL_BELIEVED_MS) return true
    const second = await inquiries.ask(query, route, finding.upstream)
    return 'message' in second && isNegativeAnswer(second.message) && isSuccess(second.message)
  }

  #answerOf(finding: Finding, { upstreams }: Route): Answer {
    const { clock, lifetimes } = this.#options
    if ('message' in finding) {
      return relay(finding.message, { nowMs: clock.now(), from: finding.upstream.label, lifetimes })
    }
    const who = upstreams.map(({ label }) => label).join(', ')
    if (finding.fault === 'none') return failure({ code: EDE.NO_REACHABLE_AUTHORITY, text: nobody(upstreams) })
    if (finding.fault === 'timeout') return failure({ code: EDE.NO_REACHABLE_AUTHORITY, text: `no reply from ${who}` })
    const reason = codeOf(finding.error) || messageOf(finding.error)
    return failure({ code: EDE.NETWORK_ERROR, text: `${reason} from ${who}` })
  }

  #stale({ answer }: Kept, why: readonly ExtendedError[]): Answer {
    const { clock, cache } = this.#options
    cache.stale++
    return staleAnswer(answer, clock.now(), why)
  }
}

const isAnswer = (answer: Answer): answer is RelayedAnswer => answer.kind === 'relayed' && isSuccess(answer)

function nobody(upstreams: readonly Upstream[]): string {
  if (upstreams.length === 0) return 'no upstream is known'
  const states = upstreams.map(({ label, health }) => `${label} ${health.isLooping ? 'leads back here' : 'is down'}`)
  return states.join(', ')
}
