import { record, type Zone, type ZoneRecord, zone } from './zone.ts'

const MAX_LENGTH = 10
const ENDS = { address: 'end', nodata: 'text', nxdomain: 'nothing-here', wildcard: 'any.wild' } as const
const LONG_LABEL = 'l'.repeat(60)

/** Aliases: chains of 1 to 10 CNAME or DNAME records, within a zone and to and fro between two, and circles. */
export function chainZones(): Zone[] {
  const lengths = Array.from({ length: MAX_LENGTH }, (_, i) => i + 1)
  const chains = lengths.flatMap((length) => [...cnames(length), ...dnames(length)])
  const isOther = ({ owner }: ZoneRecord) => owner.endsWith('.other.tld.')
  return [
    zone('chains.tld.', [...chains.filter((link) => !isOther(link)), ...ends('chains.tld.'), ...CIRCLES]),
    zone('other.tld.', [...chains.filter(isOther), ...ends('other.tld.'), ...CDN]),
  ]
}

// `to-END-LENGTH` begins a chain in its own zone, `via-END-LENGTH` one that changes the zone with every link.
function cnames(length: number): ZoneRecord[] {
  return Object.entries(ENDS).flatMap(([end, last]) =>
    ['to', 'via'].flatMap((way) => {
      const zoneOf = (link: number) => (way === 'via' && link % 2 === 1 ? 'other.tld.' : 'chains.tld.')
      const nameOf = (link: number) => {
        const head = link === length ? last : `${way}-${end}-${length}${link === 0 ? '' : `-link${link}`}`
        return `${head}.${zoneOf(link)}`
      }
      return Array.from({ length }, (_, link) => record(nameOf(link), 'CNAME', nameOf(link + 1), 600 - link))
    }),
  )
}

function dnames(length: number): ZoneRecord[] {
  const nameOf = (link: number) => (link === length ? 'hosts.other.tld.' : `d${length}-${link}.chains.tld.`)
  return Array.from({ length }, (_, link) => record(nameOf(link), 'DNAME', nameOf(link + 1), 700 - link))
}

const ends = (origin: string): ZoneRecord[] => [
  record(`end.${origin}`, 'A', '10.8.0.1', 120),
  record(`end.${origin}`, 'A', '10.8.0.2', 120),
  record(`end.${origin}`, 'AAAA', '2001:db8:8::1', 120),
  record(`text.${origin}`, 'TXT', '"only text"', 120),
  record(`*.wild.${origin}`, 'A', '10.8.0.3', 120),
]

const CDN: readonly ZoneRecord[] = [
  record('edge-7.cdn.other.tld.', 'A', '10.8.1.1', 30),
  record('edge-7.cdn.other.tld.', 'AAAA', '2001:db8:8::7', 30),
  record('www.hosts.other.tld.', 'A', '10.8.2.1'),
  record('www.hosts.other.tld.', 'AAAA', '2001:db8:8::2'),
  record('alias.hosts.other.tld.', 'CNAME', 'www.hosts.other.tld.'),
]

const CIRCLES: readonly ZoneRecord[] = [
  record('self.chains.tld.', 'CNAME', 'self.chains.tld.'),
  record('ring-a.chains.tld.', 'CNAME', 'ring-b.chains.tld.'),
  record('ring-b.chains.tld.', 'CNAME', 'ring-c.chains.tld.'),
  record('ring-c.chains.tld.', 'CNAME', 'ring-a.chains.tld.'),
  // A long name below these becomes longer than a name can be.
  ...[1, 2, 3, 4, 5, 6].map((n) =>
    record(`grow-${n}.chains.tld.`, 'DNAME', `${LONG_LABEL}.${LONG_LABEL}.${LONG_LABEL}.chains.tld.`),
  ),
]
