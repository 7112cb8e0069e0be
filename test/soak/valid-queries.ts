import { TYPE } from '../../lib/dns/constants.ts'
import { queryPacket, type Random } from '../helpers/packets.ts'
import type { Shot } from '../overload/volley.ts'
import { SERVICES } from './world.ts'

/** What is asked for, and how it is counted. */
export const KINDS = ['own', 'known', 'new'] as const

const KNOWN_NAMES = 2000
const [OWN, KNOWN, NEW] = [0, 1, 2]
// Of a hundred.
const [OWN_SHARE, NEW_SHARE] = [30, 3]

/** Queries that have to be answered: federated names, names that the cache has, and names that were never asked for. */
export function validQueries(random: Random): () => Shot {
  const types = [TYPE.A, TYPE.AAAA]
  const steady = Array.from({ length: SERVICES / 2 }, (_, i) => `web${i}.shop.fleet.svc.cluster.local`)
  const own = steady.flatMap((name) => types.map((type) => queryPacket(name, { type, edns: {} })))
  const known = Array.from({ length: KNOWN_NAMES }, (_, i) => queryPacket(`k${i}.known.example`, { edns: {} }))
  const pick = (packets: readonly Buffer[]) => packets[random(packets.length)] as Buffer
  let fresh = 0
  return () => {
    const share = random(100)
    if (share < OWN_SHARE) return { packet: pick(own), kind: OWN }
    if (share >= OWN_SHARE + NEW_SHARE) return { packet: pick(known), kind: KNOWN }
    return { packet: queryPacket(`n${fresh++}.new.example`, { edns: {} }), kind: NEW }
  }
}
