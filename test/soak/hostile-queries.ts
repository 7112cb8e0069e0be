import { FLAG, TYPE } from '../../lib/dns/constants.ts'
import { ednsOption, mutated, queryPacket, type Random, randomOctets } from '../helpers/packets.ts'
import type { Shot } from '../overload/volley.ts'

const MUTANTS = 4096
const NAMES = ['web0.shop.fleet.svc.cluster.local', 'k1.known.example', '.', 'a.'.repeat(120), 'x'.repeat(63)]
const TYPES = [TYPE.A, TYPE.AAAA, TYPE.SRV, TYPE.ANY, TYPE.TXT, 65_280]
const LEAST_OCTETS = 2 // for the id

/** Packets with faults of the kinds that fuzzers and broken clients make; so many are made, and sent again and again. */
export function mutants(random: Random): () => Shot {
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T
  const packets = Array.from({ length: MUTANTS }, () => {
    if (random(10) === 0) return randomOctets(random, LEAST_OCTETS + random(600))
    const options = random(4) === 0 ? ednsOption(random(20), randomOctets(random, random(100))) : undefined
    const parts = { type: pick(TYPES), flags: pick([FLAG.RD, 0]), edns: { ...(options && { options }) } }
    return mutated(queryPacket(pick(NAMES), parts), random)
  }).filter(({ length }) => length >= LEAST_OCTETS)
  return () => ({ packet: pick(packets), kind: 0 })
}

/** A flood of names that nobody else asks for, each once. */
export function randomSubdomains(random: Random): () => Shot {
  return () => ({ packet: queryPacket(`${random(2 ** 32).toString(36)}.victim.example`), kind: 0 })
}
