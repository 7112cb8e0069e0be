import type { Metrics } from '../../../lib/observe/metrics.ts'
import type { TransportCounters } from '../../../lib/forward/transport/transport.ts'
import { RANK } from '../../../lib/forward/health.ts'
import { UPSTREAM_BUCKETS, type UpstreamCounters } from '../upstream-counters.ts'
import { RCODE_NAMES } from '../../../lib/dns/mnemonics.ts'
import { one } from './one.ts'
import type { Parts } from './parts.ts'

/** Of the cache, and of what upstreams were asked. */
export function forwardingMetrics(metrics: Metrics, parts: Parts): void {
  cacheMetrics(metrics, parts)
  inquiryMetrics(metrics, parts)
  upstreamMetrics(metrics, parts)
}

function cacheMetrics(metrics: Metrics, { current }: Parts): void {
  const cache = () => current().forwarding.cache
  metrics.counter('feddns_cache_hits_total', 'Answers from the cache', () => one(cache().hits))
  metrics.counter('feddns_cache_misses_total', 'Questions that the cache could not answer', () => one(cache().misses))
  metrics.counter('feddns_cache_stale_total', 'Answers sent though their time was over', () => one(cache().stale))
  metrics.gauge('feddns_cache_entries', 'Messages in the cache', () => one(cache().sizes.entries))
  metrics.gauge('feddns_cache_bytes', 'Octets in the cache', () => one(cache().sizes.bytes))
  metrics.counter('feddns_cache_evictions_total', 'Messages dropped for want of room', () =>
    one(cache().sizes.evictions),
  )
}

function inquiryMetrics(metrics: Metrics, { responder, current }: Parts): void {
  const { counters } = responder
  metrics.gauge('feddns_failures_held', 'Questions that upstreams failed to answer lately', () =>
    one(current().forwarding.shared.failures.size),
  )
  metrics.counter('feddns_failure_hits_total', 'Failures told without asking again (RFC 9520)', () =>
    one(current().forwarding.shared.failures.hits),
  )
  metrics.counter('feddns_prefetches_total', 'Answers asked for anew before they had run down', () =>
    one(counters.prefetches),
  )
  metrics.counter('feddns_hedges_total', 'Questions asked of another upstream because a reply was late', () =>
    one(current().forwarding.shared.inquiries.hedged),
  )
  metrics.counter('feddns_trials_total', 'Questions asked of one more upstream to see how it is', () =>
    one(current().forwarding.shared.inquiries.tried),
  )
}

function upstreamMetrics(metrics: Metrics, { runtime, current }: Parts): void {
  const all = () => [...runtime.counters.upstreams]
  const perUpstream = (read: (counts: UpstreamCounters) => number) => () =>
    all().map(([upstream, counts]) => ({ labels: { upstream }, value: read(counts) }))
  const transport = (name: string, help: string, key: keyof TransportCounters) =>
    metrics.counter(
      `feddns_upstream_${name}_total`,
      help,
      perUpstream((counts) => counts.transport[key]),
    )
  metrics.gauge(
    'feddns_upstream_usable',
    'Whether an upstream is asked: not while it is down, or leads back here',
    () => {
      const { upstreams, clusterUpstreams } = current().forwarding
      return [...upstreams.all, ...clusterUpstreams.all].map(({ label, health }) => ({
        labels: { upstream: label },
        value: Number(health.rank !== RANK.UNUSABLE),
      }))
    },
  )
  metrics.counter('feddns_upstream_replies_total', 'Replies of an upstream, by rcode', () =>
    all().flatMap(([upstream, { byRcode }]) =>
      [...byRcode].map(([rcode, { counts }]) => ({ labels: { upstream, rcode: nameOf(rcode) }, value: sumOf(counts) })),
    ),
  )
  metrics.counter(
    'feddns_upstream_failures_total',
    'Exchanges with an upstream that failed',
    perUpstream(({ failures }) => failures),
  )
  transport('mismatches', 'Replies of an upstream to something else than was asked', 'mismatches')
  transport('connections_opened', 'Connections opened to an upstream', 'connectionsOpened')
  transport('connections_failed', 'Connections to an upstream that could not be opened', 'connectionsFailed')
  transport('connections_closed_early', 'Connections that ended with questions unanswered', 'connectionsClosedEarly')
  metrics.histogram({
    name: 'feddns_upstream_duration_seconds',
    help: 'How long replies of an upstream took',
    bounds: UPSTREAM_BUCKETS,
    read: () =>
      all().flatMap(([upstream, { byRcode }]) =>
        [...byRcode].map(([rcode, { counts, sum }]) => ({ labels: { upstream, rcode: nameOf(rcode) }, counts, sum })),
      ),
  })
}

const nameOf = (rcode: number): string => RCODE_NAMES.get(rcode) ?? 'other'

const sumOf = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0)
