import type { Metrics } from '../../../lib/observe/metrics.ts'
import { maxOpenFiles, openFiles } from '../system-limits.ts'
import { one } from './one.ts'
import type { Parts } from './parts.ts'

const some = (value: number | undefined) => (value === undefined ? [] : one(value))

/** Of this process and its configuration. */
export function processMetrics(metrics: Metrics, { runtime, version }: Parts): void {
  const { counters } = runtime
  metrics.gauge('feddns_build_info', 'The version that runs', () => [
    { labels: { version, node: process.version }, value: 1 },
  ])
  metrics.gauge('feddns_udp_native', 'Whether UDP goes by the calls of the system instead of node:dgram', () =>
    one(Number(runtime.nativeUdp !== undefined)),
  )
  metrics.counter('feddns_manifest_problems_total', 'Problems found in manifests', () => one(counters.manifestProblems))
  metrics.counter('feddns_config_reloads_total', 'Configurations taken over', () => one(counters.reloads))
  metrics.counter('feddns_config_reloads_refused_total', 'Configurations refused', () => one(counters.reloadsRefused))
  metrics.counter('feddns_socket_errors_total', 'Errors of listening sockets', () => one(counters.socketErrors))
  metrics.counter('feddns_unexpected_faults_total', 'Faults of ours that no query is known to have set off', () =>
    one(counters.unexpectedFaults),
  )
  metrics.histogram({
    name: 'feddns_event_loop_delay_seconds',
    help: 'By how much a timer that is due every 100 ms was late: how long everything else has waited',
    bounds: counters.loopDelay.histogram.bounds,
    read: () => [counters.loopDelay.histogram],
  })
  metrics.counter('feddns_event_loop_busy_seconds_total', 'Time in which the event loop was not waiting', () =>
    one(performance.eventLoopUtilization().active / 1000),
  )
  metrics.gauge('process_resident_memory_bytes', 'Resident memory', () => one(process.memoryUsage.rss()))
  metrics.gauge('process_heap_bytes', 'Memory of objects that are alive, or not yet collected', () =>
    one(process.memoryUsage().heapUsed),
  )
  metrics.gauge('process_open_fds', 'Open file descriptors', () => some(openFiles()))
  metrics.gauge('process_max_fds', 'How many file descriptors may be open', () => some(maxOpenFiles()))
}
