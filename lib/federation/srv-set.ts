import type { Service } from '../cluster/objects.ts'
import { addressesOf, type Shard } from '../cluster/shard.ts'
import { type Name, nameOf } from '../dns/name.ts'
import { addressRecord, type ResourceRecord, srvRecord } from '../dns/record.ts'

interface Options {
  readonly ttlSeconds: number
  /** This port only; all ports if left out. */
  readonly only?: { readonly port: string; readonly protocol: string }
}

interface Target {
  readonly name: Name
  readonly port: number
  readonly addresses: readonly string[]
}

type Port = Service['ports'][number]

/** Whether the Service has a port of that name; of a headless one also its ready pods are asked. */
export function hasPort({ service, ready }: Shard, only: NonNullable<Options['only']>): boolean {
  if (service.ports.some(isWanted(only))) return true
  return service.type === 'Headless' && ready.some(({ ports }) => ports.some(isWanted(only)))
}

/** The SRV records of a healthy shard at `owner`, and the addresses of their targets (Kubernetes DNS specification §2.4.2). */
export function srvSet(
  owner: Name,
  local: Name,
  shard: Shard,
  { ttlSeconds, only }: Options,
): { answer: ResourceRecord[]; additional: ResourceRecord[] } {
  const targets =
    shard.service.type === 'Headless' ? podTargets(local, shard, only) : serviceTargets(local, shard, only)
  const distinct = new Map(targets.map((target) => [`${target.port} ${target.name}`, target]))
  // The same share for each pod; a cluster IP spreads the load by itself.
  const weight = shard.service.type === 'Headless' ? Math.max(1, Math.floor(100 / distinct.size)) : 100
  const answer = [...distinct.values()].map(({ port, name }) =>
    srvRecord(owner, ttlSeconds, { weight, port, target: name }),
  )
  const addresses = new Map<string, ResourceRecord>()
  for (const { name, addresses: all } of targets) {
    for (const address of all) addresses.set(`${name} ${address}`, addressRecord(name, ttlSeconds, address))
  }
  return { answer, additional: [...addresses.values()] }
}

function serviceTargets(local: Name, shard: Shard, only: Options['only']): Target[] {
  const addresses = [...addressesOf(shard, 'IPv4'), ...addressesOf(shard, 'IPv6')]
  return shard.service.ports.filter(isWanted(only)).map(({ port }) => ({ name: local, port, addresses }))
}

function podTargets(local: Name, shard: Shard, only: Options['only']): Target[] {
  return shard.ready.flatMap(({ address, label, ports }) => {
    const name = nameOf([label], local)
    return ports.filter(isWanted(only)).map(({ port }) => ({ name, port, addresses: [address] }))
  })
}

const isWanted =
  (only: Options['only']) =>
  ({ name, protocol }: Port): boolean =>
    only === undefined || (name === only.port && protocol === only.protocol)
