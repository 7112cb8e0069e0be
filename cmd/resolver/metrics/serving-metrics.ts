import type { Metrics, Sample } from '../../../lib/observe/metrics.ts'
import { RCODE_NAMES, TYPE_NAMES } from '../../../lib/dns/mnemonics.ts'
import { kernelDrops } from './kernel-drops.ts'
import { one } from './one.ts'
import type { Parts } from './parts.ts'

/** Of queries and replies. */
export function servingMetrics(metrics: Metrics, parts: Parts): void {
  const { responder, runtime, current } = parts
  const { counters } = responder
  lossMetrics(metrics, parts)
  metrics.counter('feddns_requests_total', 'Packets received, by protocol and record type', () => [
    ...requests('udp', counters.udpRequests),
    ...requests('tcp', counters.tcpRequests),
  ])
  metrics.counter('feddns_responses_total', 'Replies sent, by rcode', () =>
    nonZero(counters.responses).map(([i, value]) => ({ labels: { rcode: RCODE_NAMES.get(i) ?? String(i) }, value })),
  )
  metrics.counter('feddns_truncated_total', 'Replies that did not fit and were sent with TC', () =>
    one(counters.truncated),
  )
  metrics.counter('feddns_dropped_total', 'Packets that no reply is due to', () => one(counters.dropped))
  metrics.counter('feddns_image_hits_total', 'Queries answered by a finished answer', () => one(counters.fromImage))
  metrics.counter('feddns_overload_refused_total', 'Queries refused because too many were waiting for upstreams', () =>
    one(current().forwarding.shared.admission.refused),
  )
  metrics.counter('feddns_faults_total', 'Queries that failed because of a fault of ours', () => one(counters.faults))
  metrics.counter('feddns_records_left_out_total', 'Records that did not fit into 65,535 octets', () =>
    one(counters.recordsDropped),
  )
  metrics.counter(
    'feddns_policy_answers_total',
    'Answers that a policy gave, without those sent again from a finished answer',
    () => [...runtime.counters.rulings].map(([policy, value]) => ({ labels: { policy }, value })),
  )
  metrics.counter('feddns_cookies_total', 'DNS cookies that clients showed, by what they were', () =>
    Object.entries(counters.cookies).map(([state, value]) => ({ labels: { state }, value })),
  )
  metrics.gauge('feddns_queries_in_flight', 'Queries under way', () => one(responder.inFlight))
  metrics.gauge('feddns_images', 'Finished answers held', () => one(responder.images.size))
  metrics.gauge('feddns_image_bytes', 'Octets of finished answers held', () => one(responder.images.bytes))
  metrics.counter('feddns_image_evictions_total', 'Finished answers dropped for want of room', () =>
    one(responder.images.evictions),
  )
  metrics.histogram({
    name: 'feddns_resolve_duration_seconds',
    help: 'Time to answer what no finished answer was there for',
    bounds: Array.from({ length: counters.durations.length - 1 }, (_, i) => 2 ** i / 1000),
    read: () => [{ counts: counters.durations, sum: counters.durationSumMs / 1000 }],
  })
}

// Queries that nobody answers, and why.
function lossMetrics(metrics: Metrics, { runtime, doors: { limiter, listeners } }: Parts): void {
  const { udp } = runtime.counters
  metrics.counter(
    'feddns_udp_kernel_drops_total',
    'Datagrams that the kernel dropped because the receive buffer of a listening socket was full',
    () => [...kernelDrops(listeners.addresses)].map(([address, value]) => ({ labels: { address }, value })),
  )
  metrics.counter(
    'feddns_shed_total',
    'Queries left unanswered because more came than could be answered, and no finished answer was there',
    () => one(udp.shed),
  )
  metrics.counter('feddns_udp_too_long_total', 'Datagrams dropped because no query is that long', () =>
    one(udp.tooLong),
  )
  metrics.counter('feddns_udp_unsent_total', 'Replies over UDP that the system did not take', () => one(udp.unsent))
  metrics.counter('feddns_rate_limit_dropped_total', 'Queries left unanswered by rateLimit', () => one(limiter.dropped))
  metrics.counter('feddns_rate_limit_slipped_total', 'Queries that rateLimit has told to come by TCP', () =>
    one(limiter.slipped),
  )
}

// Types that have no name here share one label, whatever clients think up.
function requests(protocol: string, counts: Float64Array): Sample[] {
  const byType = new Map<string, number>()
  for (const [i, count] of nonZero(counts)) {
    const type = TYPE_NAMES.get(i) ?? 'other'
    byType.set(type, (byType.get(type) ?? 0) + count)
  }
  return [...byType].map(([type, value]) => ({ labels: { protocol, type }, value }))
}

const nonZero = (counts: Float64Array): [number, number][] => [...counts.entries()].filter(([, count]) => count > 0)
