import { BlockList, isIPv4 } from 'node:net'
import type { ConfigFile } from './schema.ts'

type Network = ConfigFile['acl']['allow'][number]

/** Warns of clients that may ask, and whose replies are limited all the same: such as pods with public addresses. */
export function limitedNetworks({ acl, rateLimit: { responsesPerSecond, exempt, prefixes } }: ConfigFile): string[] {
  if (responsesPerSecond === 0) return []
  return acl.allow
    .filter((network) => !exempt.some((other) => covers(other, network)))
    .map((network) => {
      const of = `/${isIPv4(network.host) ? prefixes.ipv4 : prefixes.ipv6}`
      return `acl.allow: ${network.host}/${network.bits} is not in rateLimit.exempt: each ${of} of it gets ${responsesPerSecond} replies a second over UDP`
    })
}

function covers(outer: Network, inner: Network): boolean {
  if (isIPv4(outer.host) !== isIPv4(inner.host) || inner.bits < outer.bits) return false
  const list = new BlockList()
  const family = isIPv4(outer.host) ? 'ipv4' : 'ipv6'
  list.addSubnet(outer.host, outer.bits, family)
  return list.check(inner.host, family)
}
