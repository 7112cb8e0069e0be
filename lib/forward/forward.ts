import type { Clock } from '../base/clock.ts'
import { codeOf, messageOf } from '../base/error-text.ts'
import { SingleFlight } from '../base/single-flight.ts'
import { type Answer, authored, failure, type Query, type RelayedAnswer, type Resolve } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'
import { EDE, type ExtendedError } from '../dns/extended-error.ts'
import type { Message } from '../dns/message.ts'
import type { Name } from '../dns/name.ts'
import type { Admission } from './admission.ts'
import { type CacheKeys, cacheKeys } from './cache-key.ts'
import { asNoData, Denials } from './denials.ts'
import type { Failures } from './failures.ts'
import type { Finding, Inquiries } from './inquiries.ts'
import type { Kept, MessageCache } from './message-cache.ts'
import { isSuccess, type Lifetimes, relay } from './relay.ts'
import type { Route } from './route.ts'
import { staleAnswer } from './stale-answer.ts'
import type { Upstream } from './upstream.ts'

interface Options {
  readonly routeOf: (name: Name) => Route | undefined
  readonly cache: MessageCache
  readonly failures: Failures
  readonly inquiries: Inquiries
  readonly admission: Admission
  /** Whether what comes now may be kept. */
  readonly mayKeep: () => boolean
  readonly clock: Clock
  readonly lifetimes: Lifetimes
  readonly keepPositive: readonly Name[]
  /** Labels of the upstreams that are believed when they say that they have validated. */
  readonly trustAd: ReadonlySet<string>
}

const NOT_CACHED = Promise.resolve(
  authored({
    rcode: RCODE.REFUSED,
    errors: [{ code: EDE.PROHIBITED, text: 'not in the cache, and recursion was not asked for' }],
  }),
)

const TOO_MANY = Promise.resolve(
  authored({ rcode: RCODE.REFUSED, errors: [{ code: EDE.OTHER, text: 'too many queries under way' }] }),
)

const NO_ROUTE = Promise.resolve(failure({ code: EDE.NO_REACHABLE_AUTHORITY, text: 'no upstream is configured' }))

const NOT_BELIEVED = { code: EDE.OTHER, text: 'what is known is denied by one upstream alone' }

// Questions that are asked again at a time without anyone waiting: each may take a few sockets.
const MAX_RECHECKS = 256

/** Answers from the cache, else from the upstreams of the name's route. The same question is asked once at a time. */
export function forwarder(options: Options): Resolve {
  const forward = new Forward(options)
  return (query) => forward.resolve(query)
}

/** A question that is to be asked, for a client. */
interface Asking {
  readonly askNow: () => Promise<Answer>
  readonly client: string
}

class Forward {
  readonly #options: Options
  readonly #denials: Denials
  readonly #underWay = new SingleFlight<Answer>()

  constructor(options: Options) {
    this.#options = options
    this.#denials = new Denials(options)
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
    if (cached === undefined) return this.#orAsFailed(keys, route, { askNow, client: query.client ?? '' })
    return this.#isIdle ? askNow() : Promise.resolve(cached)
  }

  // For a client, who has to wait.
  #wait({ askNow, client }: Asking): Promise<Answer> {
    const { admission } = this.#options
    if (!admission.begin(client)) return TOO_MANY
    const answer = askNow()
    const end = () => admission.end(client)
    answer.then(end, end)
    return answer
  }

  get #isIdle(): boolean {
    return this.#underWay.size < MAX_RECHECKS
  }

  // Where the upstreams failed a moment ago, or may not be there at all, nobody waits for them if something is known. Of a
  // fault whoever joins is told.
  #orAsFailed(keys: CacheKeys, { upstreams }: Route, asking: Asking): Promise<Answer> {
    const { cache, clock, failures } = this.#options
    const failed = failures.get(keys.exact)
    if (failed === undefined && upstreams.some(({ health }) => !health.isDoubted)) return this.#wait(asking)
    const nowMs = clock.now()
    const kept = cache.getStale(keys, nowMs)
    const isHeld = failed !== undefined && nowMs < failed.holdUntilMs
    if (kept === undefined) return isHeld ? Promise.resolve(failures.answerOf(failed)) : this.#wait(asking)
    if (!isHeld && this.#isIdle) asking.askNow().catch(() => {})
    return Promise.resolve(this.#stale(kept, []))
  }

  async #ask(query: Query, route: Route, keys: CacheKeys): Promise<Answer> {
    const { cache, clock, failures, inquiries } = this.#options
    const onAfterwards = (message: Message, upstream: Upstream) => {
      const late = this.#answerOf({ message, upstream }, route)
      if (isAnswer(late) && this.#denials.against(query, keys, late) === undefined) this.#keep(query, keys, late, route)
    }
    const finding = await inquiries.ask(query, route, { onAfterwards })
    const answer = this.#answerOf(finding, route)
    const nowMs = clock.now()
    if (isAnswer(answer)) {
      const good = this.#denials.against(query, keys, answer)
      if (good !== undefined && !(await this.#denials.isConfirmed(good, { query, route, finding }))) {
        return this.#doubted(keys, answer)
      }
      this.#keep(query, keys, answer, route)
      return answer
    }
    // Where nobody was asked nothing has to be held back.
    if (!('fault' in finding && finding.fault === 'none')) failures.add(keys.exact, answer, nowMs)
    const kept = cache.getStale(keys, nowMs)
    return kept === undefined ? answer : this.#stale(kept, answer.errors)
  }

  #doubted(keys: CacheKeys, answer: RelayedAnswer): Answer {
    const { cache, clock, failures } = this.#options
    const nowMs = clock.now()
    const kept = cache.getStale(keys, nowMs)
    const instead = kept === undefined ? asNoData(answer) : this.#stale(kept, [])
    const doubted = { ...instead, errors: [...instead.errors, NOT_BELIEVED] }
    failures.add(keys.exact, doubted, nowMs)
    return doubted
  }

  #keep(query: Query, keys: CacheKeys, answer: RelayedAnswer, route: Route): void {
    const { cache, clock, failures, routeOf, mayKeep } = this.#options
    if (!mayKeep()) return
    failures.delete(keys.exact)
    cache.set(keys, answer, { query, nowMs: clock.now(), isBelievedAbout: (name) => routeOf(name) === route })
  }

  #answerOf(finding: Finding, { upstreams }: Route): Answer {
    const { clock, lifetimes, trustAd } = this.#options
    if ('message' in finding) {
      const from = finding.upstream.label
      return relay(finding.message, { nowMs: clock.now(), from, lifetimes, isTrusted: trustAd.has(from) })
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
