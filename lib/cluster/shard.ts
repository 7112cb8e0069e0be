import type { Endpoint, EndpointSlice, Family, Service } from './objects.ts'

interface ReadyAddress {
  readonly address: string
  readonly family: Family
  /** The label under the Service's name: the hostname, or the address with dashes (Kubernetes DNS specification). */
  readonly label: string
  readonly ports: EndpointSlice['ports']
}

/** A Service and its endpoints in one cluster, as one value. */
export interface Shard {
  readonly service: Service
  /** Every ready address once, in the order of the slices. */
  readonly ready: readonly ReadyAddress[]
  /** Ready pods in the family that has most of them. A pod counts once, in however many slices it is. */
  readonly readyPods: number
}

export function shardOf(service: Service, slices: Iterable<EndpointSlice>): Shard {
  const ready = new Map<string, ReadyAddress>()
  const pods: Record<Family, Set<string>> = { IPv4: new Set(), IPv6: new Set() }
  for (const slice of slices) {
    for (const endpoint of slice.endpoints) {
      if (!endpoint.ready && !service.publishNotReadyAddresses) continue
      pods[slice.family].add(endpoint.pod)
      for (const address of endpoint.addresses) {
        const { family, ports } = slice
        if (!ready.has(address)) ready.set(address, { address, family, label: labelOf(endpoint, address), ports })
      }
    }
  }
  return { service, ready: [...ready.values()], readyPods: Math.max(pods.IPv4.size, pods.IPv6.size) }
}

const labelOf = (endpoint: Endpoint, address: string): string => endpoint.hostname || address.replace(/[.:]/g, '-')

/** The addresses that a healthy shard has in a family: its cluster IP where a pod stands behind it, or the pods. */
export function addressesOf(shard: Shard, family: Family): readonly string[] {
  const ready = shard.ready.filter((endpoint) => endpoint.family === family)
  if (shard.service.type === 'Headless') return ready.map(({ address }) => address)
  if (ready.length === 0) return []
  return shard.service.clusterIPs.filter((ip) => ip.includes(':') === (family === 'IPv6'))
}
