import { ednsOption, type Random, randomOctets, seededRandom } from '../helpers/packets.ts'
import { labelsOf, octetsOf, presented } from './presented-name.ts'
import type { Question } from './question.ts'
import { TYPES, typeNumber } from './types.ts'
import type { Zone } from './zone.ts'

// HS, CHAOS, NONE, ANY, and two that nobody has named.
const OTHER_CLASSES = [4, 3, 3, 254, 255, 0, 4711]
// AA, TC, RA and Z.
const STRAY_FLAGS = [0x400, 0x200, 0x80, 0x40]

// How often a zone is asked about, against the others; those not here count 1.
const POPULARITY: Readonly<Record<string, number>> = {
  'shop.tld.': 30,
  'chains.tld.': 14,
  'cluster.local.': 6,
  'sized.tld.': 9,
  'odd.tld.': 9,
  'signed.tld.': 6,
  'hashed.tld.': 6,
  '10.in-addr.arpa.': 4,
  'other.tld.': 4,
  'tld.': 3,
  '.': 3,
}

// How often a type is asked for at a name that may not have it.
const COMMON = ['A', 'A', 'A', 'A', 'AAAA', 'AAAA', 'AAAA', 'HTTPS', 'HTTPS', 'TXT', 'MX', 'SRV', 'NS', 'SOA', 'PTR']
const SELDOM = [
  'CNAME',
  'DNAME',
  'DS',
  'DNSKEY',
  'CAA',
  'TLSA',
  'NAPTR',
  'SVCB',
  'NULL',
  'WKS',
  'NSEC',
  'RRSIG',
  'HINFO',
]
const UNKNOWN = ['TYPE65280', 'TYPE1234', 'TYPE300', 'TYPE65534', 'TYPE65535', 'TYPE130', 'TYPE0', 'TYPE24', 'TYPE38']
const META = ['ANY', 'ANY', 'ANY', 'AXFR', 'IXFR', 'TSIG', 'TKEY', 'MAILA', 'MAILB', 'OPT', 'TYPE128']

const ABSENT = ['wpad', 'nope', 'www.nope', '_ldap._tcp', '*', '\\000', 'a.b.c.d.e', 'ns', 'isatap', '_dmarc']
const ELSEWHERE = [
  'wpad.home.',
  'db.lan.',
  'localhost.',
  'db.localhost.',
  'foo.test.',
  'x.invalid.',
  'printer.local.',
  'a.onion.',
  'corp.',
  'broken.tld.',
  'www.broken.tld.',
]
const SEARCH = ['default.svc.cluster.local.', 'svc.cluster.local.', 'cluster.local.', 'ec2.internal.']
const BELOW_DNAME = ['www', 'www', 'nope', 'alias', 'a.www', 'w'.repeat(63)]

/** Questions that are the same for the same seed. Names come again and again, popular ones more often. */
export function questionsOf(zones: readonly Zone[], seed: number, count: number): Question[] {
  const random = seededRandom(seed)
  const catalogue = zones.flatMap((zone) => Array<Place>(POPULARITY[zone.origin] ?? 1).fill(placeOf(zone, random)))
  return Array.from({ length: count }, () => question(pick(catalogue, random), random))
}

/** A zone, and each set of records in it. */
interface Place {
  readonly origin: string
  readonly sets: readonly (readonly [owner: string, type: string])[]
}

function placeOf({ origin, records }: Zone, random: Random): Place {
  const sets = new Map(records.map(({ owner, type }) => [`${owner} ${type}`, [owner, type] as const]))
  const shuffled = [...sets.values()].map((set) => [random(1_000_000), set] as const).toSorted(([a], [b]) => a - b)
  return { origin, sets: shuffled.map(([, set]) => set) }
}

const pick = <T>(list: readonly T[], random: Random): T => list[random(list.length)] as T

const isTrue = (percent: number, random: Random): boolean => random(1000) < percent * 10

function question(place: Place, random: Random): Question {
  const [name, type] = subject(place, random)
  const edns = isTrue(75, random)
  return {
    name: spelled(name, random),
    type: typeNumber(type),
    class: isTrue(0.4, random) ? pick(OTHER_CLASSES, random) : 1,
    overTcp: isTrue(10, random),
    recursionDesired: true,
    checkingDisabled: isTrue(5, random),
    authenticData: isTrue(20, random),
    strayFlags: isTrue(0.5, random) ? pick(STRAY_FLAGS, random) : 0,
    edns: edns ? ednsOf(random) : undefined,
  }
}

function subject(place: Place, random: Random): readonly [name: string, type: string] {
  // The first ones are the popular ones.
  const at = Math.floor(place.sets.length * (random(10_000) / 10_000) ** 2)
  const [owner, type] = place.sets[at] as Place['sets'][number]
  const name = reached(owner, type, random)
  const dice = random(100)
  if (dice < 66) return [name, type === 'DNAME' || type === 'CNAME' ? otherType(random) : type]
  if (dice < 82) return [name, otherType(random)]
  if (dice < 92) return [join(pick(ABSENT, random), isTrue(50, random) ? place.origin : name), otherType(random)]
  if (dice < 96) return [parentOf(name), otherType(random)]
  if (dice < 98)
    return [isTrue(50, random) ? pick(ELSEWHERE, random) : join(name, pick(SEARCH, random)), pick(COMMON, random)]
  return [`${randomLabel(random)}.${place.origin === '.' ? '' : place.origin}`, otherType(random)]
}

// A name at which the set is found.
function reached(owner: string, type: string, random: Random): string {
  if (owner.startsWith('*.')) return join(pick(['any', 'a.b', '*', '\\255', '_x'], random), owner.slice(2))
  return type === 'DNAME' && isTrue(90, random) ? join(pick(BELOW_DNAME, random), owner) : owner
}

function otherType(random: Random): string {
  const dice = random(100)
  if (dice < 76) return pick(COMMON, random)
  if (dice < 90) return pick(SELDOM, random)
  return pick(dice < 97 ? UNKNOWN : META, random)
}

const randomLabel = (random: Random): string => presented(randomOctets(random, 1 + random(20)))

/** One name before another, or the second one where both are too long together. */
function join(head: string, tail: string): string {
  const name = `${head.replace(/(?<!\\)\.$/, '')}.${tail === '.' ? '' : tail}`
  try {
    octetsOf(name)
    return name
  } catch {
    return tail
  }
}

const parentOf = (name: string): string => {
  const rest = name === '.' ? [] : labelsOf(name).slice(1)
  return rest.length === 0 ? '.' : rest.map((label) => `${presented(label)}.`).join('')
}

// Most names are asked for as they are written, some in capitals, some in mixed case (0x20).
function spelled(name: string, random: Random): string {
  const dice = random(100)
  if (dice < 75) return name
  return name.replace(/[a-z]/gi, (letter) =>
    dice < 80 || random(2) === 0 ? letter.toUpperCase() : letter.toLowerCase(),
  )
}

function ednsOf(random: Random): NonNullable<Question['edns']> {
  const payloadOctets = isTrue(90, random)
    ? pick([1232, 1232, 1232, 4096, 4096, 512, 1400, 0, 65_535], random)
    : random(65_536)
  return {
    payloadOctets,
    version: isTrue(0.5, random) ? 1 + random(255) : 0,
    dnssecOk: isTrue(30, random),
    strayFlags: isTrue(0.5, random) ? 1 << random(15) : 0,
    options: isTrue(15, random) ? pick(OPTIONS, random)(random) : Buffer.alloc(0),
  }
}

const COOKIE = 10
const CLIENT_SUBNET = 8
const NSID = 3
const KEEPALIVE = 11
const PADDING = 12
const OPTIONS: readonly ((random: Random) => Buffer)[] = [
  (random) => ednsOption(COOKIE, randomOctets(random, 8)),
  (random) => ednsOption(COOKIE, randomOctets(random, 24)),
  () => ednsOption(CLIENT_SUBNET, Buffer.of(0, 1, 24, 0, 192, 0, 2)),
  () => ednsOption(NSID),
  () => ednsOption(KEEPALIVE),
  (random) => ednsOption(PADDING, Buffer.alloc(random(128))),
  (random) => ednsOption(65_001, randomOctets(random, random(40))),
  (random) => Buffer.concat([ednsOption(65_002), ednsOption(COOKIE, randomOctets(random, 8)), ednsOption(65_001)]),
]

/** What those ask who want only what is in the cache: of these questions each tenth, and some that nobody has asked. */
export const cacheQuestionsOf = (asked: readonly Question[]): Question[] => [
  ...asked.filter((_, i) => i % 10 === 0).map((one) => ({ ...one, recursionDesired: false })),
  ...Array.from({ length: 200 }, (_, i) => neverAsked(i)),
]

const neverAsked = (i: number): Question => ({
  name: `never-asked-${i}.shop.tld.`,
  type: TYPES.A,
  class: 1,
  overTcp: false,
  recursionDesired: false,
  checkingDisabled: false,
  authenticData: false,
  strayFlags: 0,
  edns: undefined,
})
