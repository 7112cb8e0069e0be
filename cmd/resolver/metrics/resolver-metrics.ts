import { Metrics } from '../../../lib/observe/metrics.ts'
import { forwardingMetrics } from './forwarding-metrics.ts'
import { knowledgeMetrics } from './knowledge-metrics.ts'
import type { Parts } from './parts.ts'
import { processMetrics } from './process-metrics.ts'
import { servingMetrics } from './serving-metrics.ts'

/** Every metric of the resolver, by name. */
export function resolverMetrics(parts: Parts): Metrics {
  const metrics = new Metrics()
  servingMetrics(metrics, parts)
  forwardingMetrics(metrics, parts)
  processMetrics(metrics, parts)
  knowledgeMetrics(metrics, parts)
  return metrics
}
