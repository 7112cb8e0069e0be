import { BlockList, isIPv6 } from 'node:net'

interface Network {
  readonly host: string
  readonly bits: number
}

/** Tells whether a client's address is in one of the networks. */
export function accessList(networks: readonly Network[]): (client: string) => boolean {
  const list = new BlockList()
  for (const { host, bits } of networks) list.addSubnet(host, bits, isIPv6(host) ? 'ipv6' : 'ipv4')
  return (client) => list.check(client, client.includes(':') ? 'ipv6' : 'ipv4')
}
