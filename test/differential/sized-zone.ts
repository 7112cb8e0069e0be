import { octetsOf } from './presented-name.ts'
import { record, type Zone, type ZoneRecord, zone } from './zone.ts'

const HEADER_OCTETS = 12
const FIXED_OCTETS = 10 // type, class, TTL, length
const POINTER_OCTETS = 2

// Where UDP replies end (without and with 11 octets of OPT), where pointers do not reach any more, and the largest.
const AROUND = [
  { octets: 512, before: 14, after: 4 },
  { octets: 1232, before: 14, after: 4 },
  { octets: 4096, before: 14, after: 4 },
  { octets: 16_384, before: 3, after: 3 },
] as const
const LARGE = [2000, 8000, 32_768, 60_000, 65_400, 65_524]
const ADDRESSES = [20, 29, 30, 31, 73, 74, 75, 76, 300, 3700]

/** Names whose answer has a certain size: `txt-N` makes a message of N octets, `a-N` and `mx-N` are sets of N records. */
export function sizedZone(): Zone {
  const sizes = AROUND.flatMap(({ octets, before, after }) =>
    Array.from({ length: before + after + 1 }, (_, i) => octets - before + i),
  )
  return zone('sized.tld.', [
    ...[...sizes, ...LARGE].map((octets) => text(`txt-${octets}.sized.tld.`, octets)),
    ...ADDRESSES.flatMap((count) => addresses(`a-${count}.sized.tld.`, count)),
    ...[5, 40, 200].flatMap(exchanges),
    record('to-large.sized.tld.', 'CNAME', 'a-300.sized.tld.'),
    record('to-text.sized.tld.', 'CNAME', 'txt-60000.sized.tld.'),
  ])
}

// One TXT record, so that the message without authority and OPT has so many octets.
function text(name: string, octets: number): ZoneRecord {
  const length = octets - HEADER_OCTETS - octetsOf(name).length - 4 - POINTER_OCTETS - FIXED_OCTETS
  const whole = Math.floor(length / 256)
  const rest = length % 256
  const strings = Array.from({ length: whole }, () => 255)
  return record(name, 'TXT', [...strings, ...(rest > 0 ? [rest - 1] : [])].map((n) => `"${'x'.repeat(n)}"`).join(' '))
}

const addresses = (name: string, count: number): ZoneRecord[] =>
  Array.from({ length: count }, (_, i) => record(name, 'A', `10.200.${i >> 8}.${i & 0xff}`))

// Each with addresses, for which there is no room.
const exchanges = (count: number): ZoneRecord[] =>
  Array.from({ length: count }, (_, i) => {
    const host = `relay-${count}-${i}.sized.tld.`
    return [record(`mx-${count}.sized.tld.`, 'MX', `${i} ${host}`), record(host, 'A', `10.201.${count}.${i}`)]
  }).flat()
