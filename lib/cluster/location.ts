import { isRfc1123Label } from '../dns/name.ts'
import type { Node } from './objects.ts'
import type { Report } from './identity.ts'

/** Where the asker's node stands. A level that is missing is left out. */
export interface Location {
  readonly zone?: string
  readonly region?: string
}

export type LocationScope = 'zone' | 'region' | 'global'

// The labels of kubernetes.io/docs/reference/labels-annotations-taints, the present ones before the old ones.
const LABELS = {
  zone: ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'],
  region: ['topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/region'],
} as const

/** The location by the labels of a node. A label that is no single RFC 1123 label counts as missing, and is reported. */
export function locationOfNode(node: Node, report: Report): Location {
  const read = (level: 'zone' | 'region') => {
    for (const label of LABELS[level]) {
      const value = node.labels[label]?.toLowerCase()
      if (value === undefined || value === '') continue
      if (isRfc1123Label(value)) return { [level]: value }
      report(`Node ${node.name}: label ${label} is "${value}", which is not an RFC 1123 label`)
    }
    return {}
  }
  return { ...read('zone'), ...read('region') }
}

/** No more precise than `scope` allows. */
export function narrowed(location: Location, scope: LocationScope): Location {
  if (scope === 'zone') return location
  return scope === 'region' && location.region !== undefined ? { region: location.region } : {}
}
