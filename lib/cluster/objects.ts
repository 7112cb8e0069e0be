/** What DNS needs of Kubernetes objects, and nothing else: slimmed at the door, frozen, small. */

export type Family = 'IPv4' | 'IPv6'

export interface HealthOverrides {
  readonly minReady?: number
  readonly leaveAfterMs?: number
  readonly returnAfterMs?: number
}

interface ServicePort {
  /** Empty for the only port of a Service without names. */
  readonly name: string
  readonly protocol: string
  readonly port: number
}

export interface Service {
  readonly kind: 'Service'
  readonly namespace: string
  readonly name: string
  readonly type: 'ClusterIP' | 'Headless' | 'ExternalName'
  readonly clusterIPs: readonly string[]
  /** In lower case, without a final dot; empty unless `type` is ExternalName. */
  readonly externalName: string
  readonly ports: readonly ServicePort[]
  readonly publishNotReadyAddresses: boolean
  readonly health: HealthOverrides
}

export interface Endpoint {
  readonly addresses: readonly string[]
  readonly ready: boolean
  /** Empty if the pod has none. */
  readonly hostname: string
  /** The same for the same pod in any slice. */
  readonly pod: string
}

export interface EndpointSlice {
  readonly kind: 'EndpointSlice'
  readonly namespace: string
  readonly name: string
  readonly service: string
  readonly family: Family
  readonly ports: readonly ServicePort[]
  readonly endpoints: readonly Endpoint[]
}

export interface Node {
  readonly kind: 'Node'
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

export type ClusterObject = Service | EndpointSlice | Node

type Identity =
  | { readonly kind: 'Node'; readonly name: string }
  | { readonly kind: 'Service' | 'EndpointSlice'; readonly namespace: string; readonly name: string }

/** The name by which Kubernetes tells objects apart. */
export function objectKey(object: Identity): string {
  return object.kind === 'Node' ? `Node ${object.name}` : `${object.kind} ${object.namespace}/${object.name}`
}
