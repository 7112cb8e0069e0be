import { codeOf, messageOf } from '../base/error-text.ts'
import type { Clock } from '../base/clock.ts'
import type { Random16 } from '../base/random.ts'
import { SingleFlight } from '../base/single-flight.ts'
import { type Answer, authored, failure, type Query, type Resolve } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'
import { EDE, type ExtendedError } from '../dns/extended-error.ts'
import type { Message } from '../dns/message.ts'
import type { Name } from '../dns/name.ts'
import { encodeUpstreamQuery } from '../dns/upstream-query.ts'
import { attempts, type Outcome } from './attempts.ts'
import { cacheKey, type Kept, type MessageCache } from './message-cache.ts'
import { relay } from './relay.ts'
import { longestSuffix, type Route } from './routes.ts'
import { staleAnswer } from './stale-answer.ts'
import type { Upstream } from './upstream.ts'

interface Options {
  readonly routes: readonly Route[]
  readonly cache: MessageCache
  readonly clock: Clock
  readonly random: Random16
  /** An upstream was asked and this came of it; for metrics and the log. */
  readonly onExchange: (upstream: Upstream, result: Message | Error) => void
}

export interface Forwarder {
  readonly resolve: Resolve
  readonly routeOf: (name: Name) => Route | undefined
}

const NOT_CACHED = authored({
  rcode: RCODE.REFUSED,
  errors: [{ code: EDE.PROHIBITED, text: 'not in the cache, and recursion was not asked for' }],
})

// So often, and no more, the upstreams are asked again for what they failed to give (RFC 9520 §3.2), while what is known
// of it is answered at once.
const RECHECK_MS = 1000
// Questions that are asked again at a time without anyone waiting: each may take a few sockets.
const MAX_RECHECKS = 256

/** Answers from the cache, else from the upstreams of the name's route. The same question is asked once at a time. */
export function forwarder(options: Options): Forwarder {
  const { cache, clock } = options
  const routeOf = longestSuffix(options.routes)
  const underWay = new SingleFlight<Answer>()
  return {
    routeOf,
    resolve: async (query) => {
      const nowMs = clock.now()
      const cached = cache.get(query, nowMs)
      if (cached !== undefined) return cached
      if (!query.recursionDesired) return NOT_CACHED
      const route = routeOf(query.name)
      if (route === undefined) return failure({ code: EDE.NO_REACHABLE_AUTHORITY, text: 'no upstream is configured' })
      const kept = cache.getStale(query, nowMs)
      const askNow = () => underWay.run(cacheKey(query), () => ask(query, route, options))
      if (kept?.failedAtMs === undefined) return askNow()
      // They failed a moment ago: nobody waits for them again. Of a fault whoever joins is told.
      const isDue = nowMs - kept.failedAtMs >= RECHECK_MS && underWay.size < MAX_RECHECKS
      if (isDue) askNow().catch(() => {})
      return stale(kept, [], options)
    },
  }
}

async function ask(query: Query, { upstreams }: Route, options: Options): Promise<Answer> {
  const { clock, cache } = options
  const outcome = await attempts({
    upstreams,
    clock,
    deadlineMs: query.deadlineMs,
    ask: (upstream, signal) => exchange(query, upstream, signal, options),
  })
  const nowMs = clock.now()
  const answer = answerOf(outcome, upstreams, nowMs)
  if (answer.rcode === RCODE.NOERROR || answer.rcode === RCODE.NXDOMAIN) {
    if (answer.kind === 'relayed') cache.set(query, answer, nowMs)
    return answer
  }
  const kept = cache.getStale(query, nowMs)
  if (kept === undefined) return answer
  kept.failedAtMs = nowMs
  return stale(kept, answer.errors, options)
}

function stale({ answer }: Kept, why: readonly ExtendedError[], { clock, cache }: Options): Answer {
  cache.stale++
  return staleAnswer(answer, clock.now(), why)
}

async function exchange(query: Query, upstream: Upstream, signal: AbortSignal, options: Options): Promise<Message> {
  const send = (edns: boolean) =>
    upstream.exchange({ bytes: encodeUpstreamQuery(query, { id: options.random(), edns }), signal })
  try {
    const message = await send(true)
    // A server that does not know EDNS (RFC 6891 §7) has no OPT in its reply.
    const knowsNoEdns = message.rcode === RCODE.FORMERR || message.rcode === RCODE.NOTIMP
    const result = knowsNoEdns && message.opt === undefined ? await send(false) : message
    options.onExchange(upstream, result)
    return result
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error))
    if (!signal.aborted) options.onExchange(upstream, reason)
    throw reason
  }
}

function answerOf(outcome: Outcome, upstreams: readonly Upstream[], nowMs: number): Answer {
  if ('message' in outcome) return relay(outcome.message, nowMs, outcome.upstream.label)
  const who = upstreams.map(({ label }) => label).join(', ')
  if (outcome.fault === 'timeout') return failure({ code: EDE.NO_REACHABLE_AUTHORITY, text: `no reply from ${who}` })
  const reason = codeOf(outcome.error) || messageOf(outcome.error)
  return failure({ code: EDE.NETWORK_ERROR, text: `${reason} from ${who}` })
}
