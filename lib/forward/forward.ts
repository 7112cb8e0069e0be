import { codeOf, messageOf } from '../base/error-text.ts'
import type { Clock } from '../base/clock.ts'
import type { Random16 } from '../base/random.ts'
import { SingleFlight } from '../base/single-flight.ts'
import { type Answer, authored, failure, type Query, type Resolve } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'
import { EDE } from '../dns/extended-error.ts'
import type { Message } from '../dns/message.ts'
import type { Name } from '../dns/name.ts'
import { encodeUpstreamQuery } from '../dns/upstream-query.ts'
import { attempts, type Outcome } from './attempts.ts'
import { cacheKey, type MessageCache } from './message-cache.ts'
import { relay } from './relay.ts'
import { longestSuffix, type Route } from './routes.ts'
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

/** Answers from the cache, else from the upstreams of the name's route. The same question is asked once at a time. */
export function forwarder(options: Options): Forwarder {
  const { cache, clock } = options
  const routeOf = longestSuffix(options.routes)
  const underWay = new SingleFlight<Answer>()
  return {
    routeOf,
    resolve: async (query) => {
      const cached = cache.get(query, clock.now())
      if (cached !== undefined) return cached
      if (!query.recursionDesired) return NOT_CACHED
      const route = routeOf(query.name)
      if (route === undefined) return failure({ code: EDE.NO_REACHABLE_AUTHORITY, text: 'no upstream is configured' })
      return underWay.run(cacheKey(query), () => ask(query, route, options))
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
  if (!('message' in outcome)) return faultOf(outcome, upstreams)
  const answer = relay(outcome.message, clock.now(), outcome.upstream.label)
  cache.set(query, answer, clock.now())
  return answer
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

function faultOf({ fault, error }: Extract<Outcome, { fault: unknown }>, upstreams: readonly Upstream[]): Answer {
  const who = upstreams.map(({ label }) => label).join(', ')
  if (fault === 'timeout') return failure({ code: EDE.NO_REACHABLE_AUTHORITY, text: `no reply from ${who}` })
  return failure({ code: EDE.NETWORK_ERROR, text: `${codeOf(error) || messageOf(error)} from ${who}` })
}
