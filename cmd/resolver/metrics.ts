import type { Knowledge } from '../../lib/cluster/directory.ts'
import { RCODE, TYPE } from '../../lib/dns/constants.ts'
import type { Collection } from '../../lib/kubernetes/collection.ts'
import type { WatchState } from '../../lib/kubernetes/watch-state.ts'
import { Metrics, type Sample } from '../../lib/observe/metrics.ts'
import type { Responder } from '../../lib/server/responder.ts'
import type { Cluster } from './cluster.ts'
import type { Forwarding } from './forwarding.ts'
import type { Runtime } from './runtime.ts'

interface Parts {
  readonly runtime: Runtime
  readonly responder: Responder
  readonly version: string
  /** Those of the present configuration. */
  readonly current: () => { readonly cluster: Cluster; readonly forwarding: Forwarding }
}

const TYPE_NAMES = new Map<number, string>(Object.entries(TYPE).map(([name, number]) => [number, name]))
const RCODE_NAMES = new Map<number, string>(Object.entries(RCODE).map(([name, number]) => [number, name]))

/** Every metric of the resolver, by name. */
export function resolverMetrics(parts: Parts): Metrics {
  const metrics = new Metrics()
  serving(metrics, parts)
  forwarding(metrics, parts)
  state(metrics, parts)
  knowledge(metrics, parts)
  return metrics
}

const one = (value: number): Sample[] => [{ value }]

function serving(metrics: Metrics, { responder }: Parts): void {
  const { counters } = responder
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
  metrics.counter('feddns_overload_refused_total', 'Queries refused because too many were under way', () =>
    one(counters.overload),
  )
  metrics.counter('feddns_faults_total', 'Queries that failed because of a fault of ours', () => one(counters.faults))
  metrics.counter('feddns_records_left_out_total', 'Records that did not fit into 65,535 octets', () =>
    one(counters.recordsDropped),
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
    read: () => ({ counts: counters.durations, sum: counters.durationSumMs / 1000 }),
  })
}

function forwarding(metrics: Metrics, { runtime, current }: Parts): void {
  const cache = () => current().forwarding.cache
  const perUpstream = (read: (counts: { replies: number; failures: number; mismatches: number }) => number) => () =>
    [...runtime.counters.exchanges].map(([upstream, counts]) => ({ labels: { upstream }, value: read(counts) }))
  metrics.counter('feddns_cache_hits_total', 'Answers from the cache', () => one(cache().hits))
  metrics.counter('feddns_cache_misses_total', 'Questions that the cache could not answer', () => one(cache().misses))
  metrics.counter('feddns_cache_stale_total', 'Answers sent though their time was over', () => one(cache().stale))
  metrics.gauge('feddns_cache_entries', 'Messages in the cache', () => one(cache().sizes.entries))
  metrics.gauge('feddns_cache_bytes', 'Octets in the cache', () => one(cache().sizes.bytes))
  metrics.counter('feddns_cache_evictions_total', 'Messages dropped for want of room', () =>
    one(cache().sizes.evictions),
  )
  metrics.counter(
    'feddns_upstream_replies_total',
    'Replies of an upstream',
    perUpstream(({ replies }) => replies),
  )
  metrics.counter(
    'feddns_upstream_failures_total',
    'Exchanges with an upstream that failed',
    perUpstream(({ failures }) => failures),
  )
  metrics.counter(
    'feddns_upstream_mismatches_total',
    'Replies of an upstream to something else than was asked',
    perUpstream(({ mismatches }) => mismatches),
  )
}

function state(metrics: Metrics, { runtime, version }: Parts): void {
  const { counters } = runtime
  metrics.gauge('feddns_build_info', 'The version that runs', () => [
    { labels: { version, node: process.version }, value: 1 },
  ])
  metrics.counter('feddns_manifest_problems_total', 'Problems found in manifests', () => one(counters.manifestProblems))
  metrics.counter('feddns_config_reloads_total', 'Configurations taken over', () => one(counters.reloads))
  metrics.counter('feddns_config_reloads_refused_total', 'Configurations refused', () => one(counters.reloadsRefused))
  metrics.counter('feddns_tcp_connections_refused_total', 'TCP connections beyond the limit', () =>
    one(counters.connectionsRefused),
  )
  metrics.counter('feddns_socket_errors_total', 'Errors of listening sockets', () => one(counters.socketErrors))
  metrics.gauge('process_resident_memory_bytes', 'Resident memory', () => one(process.memoryUsage.rss()))
}

function knowledge(metrics: Metrics, { runtime, current }: Parts): void {
  const { counters, clock, wallClock } = runtime
  const directory = () => current().cluster.directory
  const watch = () => current().cluster.watch
  const snapshots = () => watch()?.snapshots
  const ageSeconds = (sinceMs: number | undefined): number[] =>
    sinceMs === undefined ? [] : [(clock.now() - sinceMs) / 1000]
  const perWatch = (read: (state: WatchState) => readonly number[]) => () =>
    (watch()?.watches ?? []).flatMap(({ collection, state }) =>
      read(state).map((value) => ({ labels: labelsOf(collection), value })),
    )
  metrics.gauge('feddns_cluster_synced', 'Whether the state of the cluster is known', () =>
    one(Number(directory().synced)),
  )
  metrics.gauge('feddns_cluster_knowledge', 'What the state of the cluster is known from', () =>
    KNOWLEDGE.map((from) => ({ labels: { from }, value: Number(directory().knowledge === from) })),
  )
  metrics.gauge('feddns_cluster_objects', 'Objects known, by kind', () =>
    Object.entries(directory().counts).map(([kind, value]) => ({ labels: { kind }, value })),
  )
  metrics.counter('feddns_cluster_object_problems_total', 'Objects, and parts of objects, that could not be used', () =>
    one(counters.objectProblems),
  )
  metrics.gauge('feddns_cluster_age_seconds', 'How long it is that all changes were known; 0 while they are', () =>
    watch() === undefined ? [] : one(ageSeconds(watch()?.contact.awaySinceMs)[0] ?? 0),
  )
  metrics.counter(
    'feddns_watch_lists_total',
    'How often everything was listed',
    perWatch(({ lists }) => [lists]),
  )
  metrics.counter(
    'feddns_watch_events_total',
    'Changes that a watch has told of',
    perWatch(({ events }) => [events]),
  )
  metrics.counter(
    'feddns_watch_skipped_total',
    'Objects that were too large, and events that could not be read',
    perWatch(({ skips }) => [skips]),
  )
  metrics.gauge(
    'feddns_watch_last_event_age_seconds',
    'Since the last change that a watch has told of',
    perWatch(({ eventAtMs }) => ageSeconds(eventAtMs)),
  )
  metrics.gauge(
    'feddns_watch_last_heard_age_seconds',
    'Since anything came on a watch, a sign of life included',
    perWatch(({ heardAtMs }) => ageSeconds(heardAtMs)),
  )
  metrics.counter('feddns_watch_restarts_total', 'Watches that were opened again, by cause', () =>
    (watch()?.watches ?? []).flatMap(({ collection, state }) =>
      [...state.restarts].map(([cause, value]) => ({ labels: { ...labelsOf(collection), cause }, value })),
    ),
  )
  metrics.histogram({
    name: 'feddns_dns_programming_duration_seconds',
    help: 'From what made an EndpointSlice change until answers show it',
    bounds: counters.programming.bounds,
    read: () => counters.programming,
  })
  metrics.gauge('feddns_snapshot_age_seconds', 'Age of the snapshot on the disk', () => {
    const asOfMs = snapshots()?.asOfMs
    return asOfMs === undefined ? [] : one((wallClock() - asOfMs) / 1000)
  })
  metrics.counter('feddns_snapshot_writes_total', 'Snapshots written', () => one(counters.snapshotsWritten))
  metrics.counter('feddns_snapshot_failures_total', 'Snapshots that could not be written, or used', () =>
    one(counters.snapshotFailures),
  )
}

const KNOWLEDGE: readonly Knowledge[] = ['none', 'snapshot', 'live', 'away']

const labelsOf = ({ kind, namespace = '' }: Collection) => ({ kind, namespace })

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
