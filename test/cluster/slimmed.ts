import assert from 'node:assert/strict'
import type { ClusterObject, EndpointSlice, Node, Service } from '../../lib/cluster/objects.ts'
import { slim } from '../../lib/cluster/slim.ts'

/** What is kept of an object, and what was said about it. */
export function slimmed(object: unknown): { readonly kept: ClusterObject | undefined; readonly problems: string[] } {
  const problems: string[] = []
  return { kept: slim(object, (problem) => problems.push(problem)), problems }
}

// Of an object that must be without fault.
function faultless(object: unknown): ClusterObject {
  const { kept, problems } = slimmed(object)
  assert.deepEqual(problems, [])
  assert.ok(kept !== undefined)
  return kept
}

export function slimService(object: unknown): Service {
  const kept = faultless(object)
  return kept.kind === 'Service' ? kept : assert.fail(kept.kind)
}

export function slimSlice(object: unknown): EndpointSlice {
  const kept = faultless(object)
  return kept.kind === 'EndpointSlice' ? kept : assert.fail(kept.kind)
}

export function slimNode(object: unknown): Node {
  const kept = faultless(object)
  return kept.kind === 'Node' ? kept : assert.fail(kept.kind)
}
