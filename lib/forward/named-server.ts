import type { Clock } from '../base/clock.ts'
import type { Resolve } from '../dns/answer.ts'
import { TYPE } from '../dns/constants.ts'
import { parseName } from '../dns/name.ts'
import { sectionsOf } from '../dns/relayed-records.ts'
import type { ServerAddress } from './upstream.ts'

const LOOKUP_MS = 1000

/**
 * The address of a server that is known by its name, looked up anew each time (the cache makes that cheap), through
 * `resolve`: the upstreams for everything, never the route that the server itself serves.
 */
export function namedServer(
  { host, port }: ServerAddress,
  resolve: Resolve,
  clock: Clock,
): () => Promise<ServerAddress> {
  const name = parseName(host)
  return async () => {
    for (const type of [TYPE.A, TYPE.AAAA]) {
      const deadlineMs = clock.now() + LOOKUP_MS
      const flags = { dnssecOk: false, checkingDisabled: false, recursionDesired: true }
      const answer = await resolve({ name, type, ...flags, deadlineMs })
      const octets = answer && sectionsOf(answer).answer.find((record) => record.type === type)?.rdata[0]
      if (octets !== undefined && 'octets' in octets) return { host: addressText(octets.octets), port }
    }
    throw new Error(`the name server ${host} has no address`)
  }
}

function addressText(octets: Buffer): string {
  if (octets.length === 4) return octets.join('.')
  return Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(2 * i).toString(16)).join(':')
}
