import { isAtOrBelow, isRfc1123Label, labelsOf, type Name, nameOf } from '../dns/name.ts'
import type { Federation, FederationSettings } from './settings.ts'

/** A federated Service, asked for by its long name (FED) or its short one (BARE). */
export interface ShardName {
  readonly kind: 'shard'
  readonly service: string
  readonly namespace: string
  readonly federation: Federation
  /** The zone of the name as it was asked. */
  readonly zone: Name
  /** `_port._proto.` before it, or `_proto.` alone. */
  readonly prefix?: { readonly port?: string; readonly protocol: string }
}

/** A name that is ours and has no Service: it exists without records, or does not exist, or is the zone itself. */
export interface EmptyName {
  readonly kind: 'nodata' | 'nxdomain' | 'apex'
  readonly zone: Name
}

type FederatedName = ShardName | EmptyName

const PROTOCOLS = new Set(['_tcp', '_udp', '_sctp'])

export type Recognise = (name: Name) => FederatedName | undefined

/** Tells which names are ours, and what each of them is. Undefined for all others: ordinary names. */
export function recogniser(settings: Pick<FederationSettings, 'clusterDomain' | 'federations'>): Recognise {
  const { clusterDomain, federations } = settings
  const services = nameOf(['svc'], clusterDomain)
  const bare = [...federations.values()].filter((federation) => federation.bare)
  const zones = bare.map((federation) => ({ federation, zone: nameOf([federation.name]) }))
  return (name) => {
    if (federations.size === 0) return undefined
    if (isAtOrBelow(name, services)) return belowServices(labelsAbove(name, services), settings)
    if (isAtOrBelow(name, clusterDomain)) return candidate(labelsAbove(name, clusterDomain), settings)
    const match = zones.find(({ zone }) => isAtOrBelow(name, zone))
    return match && belowFederation(labelsAbove(name, match.zone), match.federation, match.zone)
  }
}

const labelsAbove = (name: Name, zone: Name): string[] => labelsOf(name).slice(0, -labelsOf(zone).length)

type Above = readonly string[]
type Known = Pick<FederationSettings, 'clusterDomain' | 'federations'>

// `<svc>.<ns>.<fed>` below `svc.<clusterDomain>`, with a prefix or without; and what the search path of a pod makes of
// the short name first, with the pod's own namespace behind it.
function belowServices(labels: Above, { clusterDomain, federations }: Known): FederatedName | undefined {
  const last = labels.at(-1) ?? ''
  const above = labels.slice(0, -1)
  const federation = federations.get(last)
  const found = federation && shard(above, federation, clusterDomain)
  // The namespace of the pod may be called like a federation.
  return found ?? (isRfc1123Label(last) ? candidate(above, { clusterDomain, federations }) : undefined)
}

// A search candidate: NXDOMAIN, not NODATA, lets every client's search go on.
function candidate(labels: Above, { clusterDomain, federations }: Known): EmptyName | undefined {
  const [service = '', namespace = '', federation = ''] = labels
  if (labels.length !== 3 || !federations.has(federation)) return undefined
  if (!isRfc1123Label(service) || !isRfc1123Label(namespace)) return undefined
  return { kind: 'nxdomain', zone: clusterDomain }
}

function belowFederation(labels: Above, federation: Federation, zone: Name): FederatedName {
  const [first = ''] = labels
  if (labels.length === 0) return { kind: 'apex', zone }
  // NXDOMAIN here would deny all names below (RFC 8020).
  if (labels.length === 1 && isRfc1123Label(first)) return { kind: 'nodata', zone }
  return shard(labels, federation, zone) ?? { kind: 'nxdomain', zone }
}

function shard(labels: Above, federation: Federation, zone: Name): ShardName | undefined {
  const [service = '', namespace = ''] = labels.slice(-2)
  if (!isRfc1123Label(service) || !isRfc1123Label(namespace)) return undefined
  const name: ShardName = { kind: 'shard', service, namespace, federation, zone }
  const prefix = labels.slice(0, -2)
  if (prefix.length === 0) return name
  const [port, protocol] = prefix.length === 1 ? [undefined, prefix[0]] : prefix
  if (prefix.length > 2 || protocol === undefined || !PROTOCOLS.has(protocol)) return undefined
  if (port === undefined) return { ...name, prefix: { protocol: protocol.slice(1) } }
  if (!/^_[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(port)) return undefined
  return { ...name, prefix: { port: port.slice(1), protocol: protocol.slice(1) } }
}
