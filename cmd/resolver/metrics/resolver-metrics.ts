import { Metrics } from '../../../lib/observe/metrics.ts'
import { connectionMetrics } from './connection-metrics.ts'
import { corednsMetrics } from './coredns-metrics.ts'
import { forwardingMetrics } from './forwarding-metrics.ts'
import { knowledgeMetrics } from './knowledge-metrics.ts'
import type { Parts } from './parts.ts'
import { processMetrics } from './process-metrics.ts'
import { servingMetrics } from './serving-metrics.ts'

/** Every metric of the resolver, by name; on demand also by the names of CoreDNS. */
export function resolverMetrics(parts: Parts): (withCorednsNames: boolean) => string {
  const metrics = new Metrics()
  servingMetrics(metrics, parts)
  connectionMetrics(metrics, parts)
  forwardingMetrics(metrics, parts)
  processMetrics(metrics, parts)
  knowledgeMetrics(metrics, parts)
  const coredns = new Metrics()
  corednsMetrics(coredns, parts.runtime.counters.coredns, parts)
  return (withCorednsNames) => metrics.text() + (withCorednsNames ? coredns.text() : '')
}
