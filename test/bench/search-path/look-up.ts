import { RCODE, TYPE } from '../../../lib/dns/constants.ts'
import { type Server, UdpClient } from '../../helpers/dns-client.ts'
import { headerOf, queryPacket } from '../../helpers/packets.ts'

const NDOTS = 5
const SEARCH = ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local']

/**
 * Looks a name up as getaddrinfo of glibc does in a pod: A and AAAA of each candidate in turn, both before the next, up
 * to the first that exists. Rejects if none does.
 */
export async function lookUp(server: Server, name: string): Promise<void> {
  for (const candidate of candidatesOf(name)) if (await exists(server, candidate)) return
  throw new Error(`there is no ${name}`)
}

// What has fewer dots than `ndots` is tried below the search path first.
function candidatesOf(name: string): readonly string[] {
  const below = SEARCH.map((domain) => `${name}.${domain}`)
  return name.split('.').length - 1 < NDOTS ? [...below, name] : [name, ...below]
}

async function exists(server: Server, name: string): Promise<boolean> {
  await using client = await UdpClient.open(server)
  client.send(queryPacket(name, { id: 1, type: TYPE.A }))
  client.send(queryPacket(name, { id: 2, type: TYPE.AAAA }))
  const replies = [await client.next(), await client.next()].map(({ octets }) => headerOf(octets))
  const failed = replies.find(({ rcode }) => rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN)
  if (failed !== undefined) throw new Error(`rcode ${failed.rcode} for ${name}`)
  return replies.some(({ rcode }) => rcode === RCODE.NOERROR)
}
