import { seededRandom } from '../helpers/packets.ts'
import { chainZones } from './chain-zones.ts'
import { everydayZones } from './everyday-zones.ts'
import { oddZone } from './odd-zone.ts'
import { signedZones } from './signed-zones.ts'
import { sizedZone } from './sized-zone.ts'
import { record, type Zone, type ZoneRecord, zone } from './zone.ts'

/** A small internet, from the root on: the same for the same seed. */
export function zonesOf(seed: number): Zone[] {
  const leaves = [...everydayZones(seededRandom(seed)), ...chainZones(), sizedZone(), oddZone(), ...signedZones()]
  const below = (parent: string) => leaves.filter(({ origin }) => origin.endsWith(`.${parent}`)).map(cut)
  const tld = zone('tld.', [...below('tld.').flat(), ...SAFE, ...DANGLING])
  const arpa = zone('arpa.', below('arpa.').flat())
  const local = leaves.filter(({ origin }) => origin === 'cluster.local.')
  return [zone('.', [...[tld, arpa, ...local].flatMap(cut), ...UNSERVED], 86_400), tld, arpa, ...leaves]
}

const cut = ({ origin }: Zone): ZoneRecord[] =>
  ['ns1.infra.tld.', 'ns2.infra.tld.'].map((server) => record(origin, 'NS', server))

const SAFE = ['signed.tld.', 'hashed.tld.'].map((name) => record(name, 'DS', `4711 13 2 ${'cd'.repeat(32)}`))

// Delegations to servers that nobody can ask: the server of all this refers to them.
const DANGLING = [
  record('gone.tld.', 'NS', 'ns.gone.tld.'),
  record('ns.gone.tld.', 'A', '192.0.2.77'),
  record('lost.tld.', 'NS', 'ns.nowhere.example.'),
]
const UNSERVED = [record('unserved.', 'NS', 'ns.unserved.'), record('ns.unserved.', 'A', '192.0.2.78')]
