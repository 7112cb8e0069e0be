import { fieldsOf, isObject, printable, quote, textOf } from '../base/fields.ts'
import { identityOf, type Report } from './identity.ts'
import type { ClusterObject, Node } from './objects.ts'
import { slimEndpointSlice } from './slim-endpoint-slice.ts'
import { slimService } from './slim-service.ts'

type Slim = (object: unknown, report: Report) => ClusterObject | undefined

/** Of an object whose kind is known, as the items of a list do not say it. */
export const SLIMMERS: Readonly<Record<ClusterObject['kind'], Slim>> = {
  Service: slimService,
  EndpointSlice: slimEndpointSlice,
  Node: (object, report) => slimNode(object, report),
}

const TYPES: Readonly<Record<string, Slim>> = {
  'v1 Service': SLIMMERS.Service,
  'discovery.k8s.io/v1 EndpointSlice': SLIMMERS.EndpointSlice,
  'v1 Node': SLIMMERS.Node,
}

/**
 * Keeps of a Kubernetes object what DNS needs. Undefined for kinds that we do not use and for broken objects; of the
 * latter `report` tells, and of broken parts, by name.
 */
export function slim(object: unknown, report: Report): ClusterObject | undefined {
  if (!isObject(object)) {
    report(`${quote(object)} is not a Kubernetes object`)
    return undefined
  }
  const apiVersion = textOf(object['apiVersion'])
  const kind = textOf(object['kind'])
  if (apiVersion === undefined || kind === undefined) {
    report(`an object without apiVersion or kind: ${quote(object)}`)
    return undefined
  }
  const type = `${apiVersion} ${kind}`
  if (Object.hasOwn(TYPES, type)) return TYPES[type]?.(object, report)
  const meant = Object.keys(TYPES).find((known) => isNearly(type, known))
  if (meant !== undefined) report(`${printable(type)} is not used; did you mean ${meant}?`)
  return undefined
}

// The right kind in another version or group, or in other letters: most likely a mistake. Other kinds are none of ours.
function isNearly(type: string, known: string): boolean {
  const [version = '', kind = ''] = known.toLowerCase().split(' ')
  const [theirVersion = '', theirKind = ''] = type.toLowerCase().split(' ')
  if (kind !== theirKind) return false
  return version === theirVersion || kind === 'endpointslice'
}

function slimNode(object: unknown, report: Report): Node | undefined {
  const identity = identityOf(object, 'Node', report)
  if (identity === undefined) return undefined
  const labels: Record<string, string> = {}
  for (const [key, value] of Object.entries(fieldsOf(fieldsOf(fieldsOf(object)['metadata'])['labels']))) {
    if (/\/(zone|region)$/.test(key) && typeof value === 'string') labels[key] = value
  }
  return { kind: 'Node', name: identity.name, labels }
}
