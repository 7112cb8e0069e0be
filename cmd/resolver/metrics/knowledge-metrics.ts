import type { Knowledge } from '../../../lib/cluster/directory.ts'
import type { Collection } from '../../../lib/kubernetes/collection.ts'
import type { WatchState } from '../../../lib/kubernetes/watch-state.ts'
import type { Metrics } from '../../../lib/observe/metrics.ts'
import { one } from './one.ts'
import type { Parts } from './parts.ts'

/** Of what is known of the cluster, and how. */
export function knowledgeMetrics(metrics: Metrics, { runtime, current }: Parts): void {
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
    read: () => [counters.programming],
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
