import type { Metrics, Sample } from '../../../lib/observe/metrics.ts'
import type { CorednsCounters } from './coredns-counters.ts'
import { RCODE_NAMES } from '../../../lib/dns/mnemonics.ts'
import { UPSTREAM_BUCKETS } from '../upstream-counters.ts'
import type { Parts } from './parts.ts'

/**
 * The metrics of CoreDNS that dashboards and alerts are made of, with its names, labels and buckets: of its plugins
 * metrics, cache and forward. `server` is the same for all our addresses; there is one zone, the root, and no view.
 */
export function corednsMetrics(metrics: Metrics, counters: CorednsCounters, parts: Parts): void {
  serverMetrics(metrics, counters, parts)
  cacheMetrics(metrics, parts)
  forwardMetrics(metrics, parts)
}

const SERVER = { server: 'dns://:53' }
const ZONE = { ...SERVER, zone: '.', view: '' }
const CACHE = { ...SERVER, zones: '.', view: '' }

function serverMetrics(metrics: Metrics, counters: CorednsCounters, { responder, version }: Parts): void {
  metrics.gauge('coredns_build_info', 'The version that runs: of feddns, under the name that dashboards know', () => [
    { labels: { version: `feddns-${version}`, revision: '', goversion: '' }, value: 1 },
  ])
  metrics.counter('coredns_dns_requests_total', 'Queries', () =>
    [...counters.requests].map(([key, value]) => {
      const [proto = '', family = '', type = ''] = key.split(' ')
      return { labels: { ...ZONE, proto, family, type }, value }
    }),
  )
  metrics.counter('coredns_dns_responses_total', 'Replies, by rcode', () =>
    [...counters.responses].map(([rcode, value]) => ({ labels: { ...ZONE, rcode, plugin: 'feddns' }, value })),
  )
  metrics.histogram({
    name: 'coredns_dns_request_duration_seconds',
    help: 'Time to answer',
    bounds: counters.durations.bounds,
    read: () => [{ labels: ZONE, counts: counters.durations.counts, sum: counters.durations.sum }],
  })
  for (const [name, which] of [
    ['request', 'requests'],
    ['response', 'responses'],
  ] as const) {
    metrics.histogram({
      name: `coredns_dns_${name}_size_bytes`,
      help: `Octets of a ${name}`,
      bounds: counters.sizes.udp[which].bounds,
      read: () =>
        (['udp', 'tcp'] as const).map((proto) => {
          const { counts, sum } = counters.sizes[proto][which]
          return { labels: { ...ZONE, proto }, counts, sum }
        }),
    })
  }
  metrics.counter('coredns_panics_total', 'Queries that failed because of a fault of ours', () => [
    { value: responder.counters.faults },
  ])
}

// Finished answers are a part of the cache, as far as a user of CoreDNS can tell.
function cacheMetrics(metrics: Metrics, { responder, current }: Parts): void {
  const { counters } = responder
  const cache = () => current().forwarding.cache
  const of = (value: number): Sample[] => [{ labels: CACHE, value }]
  const ofType = (type: string, value: number): Sample => ({ labels: { ...CACHE, type }, value })
  metrics.gauge('coredns_cache_entries', 'Messages in the cache', () => {
    const { positive, negative } = cache().kinds
    return [ofType('success', positive), ofType('denial', negative)]
  })
  metrics.counter('coredns_cache_hits_total', 'Queries answered from the cache', () => [
    ofType('success', counters.fromImage + cache().hits),
  ])
  metrics.counter('coredns_cache_misses_total', 'Queries that the cache could not answer', () => of(cache().misses))
  metrics.counter('coredns_cache_requests_total', 'Queries that the cache was asked for', () =>
    of(counters.fromImage + cache().hits + cache().misses),
  )
  metrics.counter('coredns_cache_evictions_total', 'Messages dropped for want of room', () => [
    ofType('success', cache().sizes.evictions),
  ])
  metrics.counter('coredns_cache_served_stale_total', 'Answers sent though their time was over', () =>
    of(cache().stale),
  )
  metrics.counter('coredns_cache_prefetch_total', 'Answers asked for anew before they had run down', () =>
    of(counters.prefetches),
  )
}

function forwardMetrics(metrics: Metrics, { runtime, current }: Parts): void {
  const all = () => [...runtime.counters.upstreams]
  const proxy = (to: string) => ({ proxy_name: 'forward', to })
  metrics.histogram({
    name: 'coredns_proxy_request_duration_seconds',
    help: 'How long replies of an upstream took',
    bounds: UPSTREAM_BUCKETS,
    read: () =>
      all().flatMap(([to, { byRcode }]) =>
        [...byRcode].map(([rcode, { counts, sum }]) => ({
          labels: { ...proxy(to), rcode: RCODE_NAMES.get(rcode) ?? 'other' },
          counts,
          sum,
        })),
      ),
  })
  metrics.counter('coredns_proxy_healthcheck_failures_total', 'Probes that found nobody', () =>
    all().map(([to, { probesFailed }]) => ({ labels: proxy(to), value: probesFailed })),
  )
  metrics.counter('coredns_proxy_conn_cache_hits_total', 'Questions sent over a connection that was open', () =>
    all().map(([to, { transport }]) => ({
      labels: { ...proxy(to), proto: 'tcp' },
      value: transport.connectionsReused,
    })),
  )
  metrics.counter('coredns_proxy_conn_cache_misses_total', 'Connections opened', () =>
    all().map(([to, { transport }]) => ({
      labels: { ...proxy(to), proto: 'tcp' },
      value: transport.connectionsOpened,
    })),
  )
  metrics.counter('coredns_forward_healthcheck_broken_total', 'Questions for which no upstream was there', () => [
    { value: current().forwarding.shared.inquiries.unanswerable },
  ])
  metrics.counter(
    'coredns_forward_max_concurrent_rejects_total',
    'Queries refused because too many were under way',
    () => [{ value: current().forwarding.shared.admission.refused }],
  )
}
