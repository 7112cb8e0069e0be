import { fieldsOf, textOf } from '../base/fields.ts'

const ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time'

/**
 * When that happened because of which an EndpointSlice was changed, in milliseconds since 1970; undefined for what does
 * not say. The beginning of the DNS programming latency (Kubernetes SIG Scalability, "DNS programming latency SLI").
 */
export function triggerTimeMs(object: unknown): number | undefined {
  const text = textOf(fieldsOf(fieldsOf(fieldsOf(object)['metadata'])['annotations'])[ANNOTATION])
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? undefined : ms
}
