import type { Metrics } from '../../../lib/observe/metrics.ts'
import { one } from './one.ts'
import type { Parts } from './parts.ts'

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
  metrics.gauge('process_resident_memory_bytes', 'Resident memory', () => one(process.memoryUsage.rss()))
}
