import { BlockList, isIPv6 } from 'node:net'

interface Network {
  readonly host: string
  readonly bits: number
}

const MAX_REMEMBERED = 4096

/** Tells whether a client's address is in one of the networks. */
export function accessList(networks: readonly Network[]): (client: string) => boolean {
  const list = new BlockList()
  for (const { host, bits } of networks) list.addSubnet(host, bits, isIPv6(host) ? 'ipv6' : 'ipv4')
  // A look into the list costs more than all the rest of an answer; clients come again and again.
  const remembered = new Map<string, boolean>()
  return (client) => {
    const known = remembered.get(client)
    if (known !== undefined) return known
    const allowed = list.check(client, isIPv6(client) ? 'ipv6' : 'ipv4')
    if (remembered.size >= MAX_REMEMBERED) remembered.clear()
    remembered.set(client, allowed)
    return allowed
  }
}
