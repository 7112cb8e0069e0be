import { createHash } from 'node:crypto'
import { labelsOf, octetsOf } from './presented-name.ts'
import { record, TTL_SECONDS, type Zone, type ZoneRecord, zone } from './zone.ts'

const HEX32 = '0123456789abcdefghijklmnopqrstuv'

/** Two zones with all the records of DNSSEC, one denying with NSEC, one with NSEC3. The signatures are made up. */
export function signedZones(): Zone[] {
  return [
    signed(contents('signed.tld.'), (sets) => nsec(sets)),
    signed(contents('hashed.tld.'), (sets, origin) => nsec3(sets, origin)),
  ]
}

const key = (text: string): string => createHash('sha512').update(text).digest('base64')

function contents(origin: string): Zone {
  return zone(origin, [
    record(origin, 'DNSKEY', `257 3 13 ${key(`ksk ${origin}`)}`),
    record(origin, 'DNSKEY', `256 3 13 ${key(`zsk ${origin}`)}`),
    record(origin, 'CDS', '0 0 0 00'),
    record(origin, 'CDNSKEY', '0 3 0 AA=='),
    ...Array.from({ length: 30 }, (_, i) => record(`h${i}.${origin}`, i % 3 === 0 ? 'AAAA' : 'A', addressOf(i))),
    record(`mail.${origin}`, 'MX', `10 h1.${origin}`),
    record(`www.${origin}`, 'CNAME', `h1.${origin}`),
    record(`lost.${origin}`, 'CNAME', `nowhere.${origin}`),
    record(`away.${origin}`, 'CNAME', 'end.chains.tld.'),
    record(`*.wild.${origin}`, 'A', '10.40.9.9'),
    record(`tree.${origin}`, 'DNAME', 'hosts.other.tld.'),
    record(`deep.down.below.${origin}`, 'TXT', '"deep"'),
    record(`safe.${origin}`, 'NS', `ns.safe.${origin}`),
    record(`safe.${origin}`, 'DS', `12345 13 2 ${'ab'.repeat(32)}`),
    record(`plain.${origin}`, 'NS', `ns.elsewhere.tld.`),
    record(`ns.safe.${origin}`, 'A', '192.0.2.99'),
  ])
}

const addressOf = (i: number): string => (i % 3 === 0 ? `2001:db8:40::${i}` : `10.40.0.${i}`)

/** The types at each name, as far as the zone speaks for it. */
type Sets = ReadonlyMap<string, readonly string[]>

function signed({ origin, records }: Zone, deny: (sets: Sets, origin: string) => readonly ZoneRecord[]): Zone {
  const cuts = records.filter(({ owner, type }) => type === 'NS' && owner !== origin).map(({ owner }) => owner)
  const isBelowCut = (owner: string) => cuts.some((cut) => owner !== cut && owner.endsWith(`.${cut}`))
  const sets = new Map<string, string[]>()
  for (const { owner, type } of records) {
    const types = sets.get(owner) ?? []
    if (!isBelowCut(owner)) sets.set(owner, types.includes(type) ? types : [...types, type])
  }
  const denials = deny(sets, origin)
  const toSign = [...records, ...denials].filter(
    ({ owner, type }) => !isBelowCut(owner) && (!cuts.includes(owner) || type === 'DS' || type.startsWith('NSEC')),
  )
  const each = new Map(toSign.map((one) => [`${one.owner} ${one.type}`, one]))
  return { origin, records: [...records, ...denials, ...[...each.values()].map((one) => signature(one, origin))] }
}

function signature({ owner, type, ttlSeconds }: ZoneRecord, origin: string): ZoneRecord {
  const labels = labelsOf(owner).length - (owner.startsWith('*.') ? 1 : 0)
  const rest = `20300101000000 20260101000000 4711 ${origin} ${key(`${owner} ${type}`)}`
  return record(owner, 'RRSIG', `${type} 13 ${labels} ${ttlSeconds} ${rest}`, ttlSeconds)
}

function nsec(sets: Sets): ZoneRecord[] {
  const names = [...sets.keys()].toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
  return names.map((name, i) => {
    const types = [...(sets.get(name) ?? []), 'RRSIG', 'NSEC']
    return record(name, 'NSEC', `${names[(i + 1) % names.length]} ${types.join(' ')}`, 900)
  })
}

// The canonical order of names (RFC 4034 §6.1): by labels from the right. These have no octets below that of the joint.
const order = (name: string): string =>
  labelsOf(name)
    .map((label) => label.toString('latin1'))
    .toReversed()
    .join('\0')

function nsec3(sets: Sets, origin: string): ZoneRecord[] {
  const names = new Set([...sets.keys()].flatMap((name) => [name, ...betweenNames(name, origin)]))
  const hashes = new Map([...names].map((name) => [hash(name), name]))
  const inOrder = [...hashes.keys()].toSorted()
  const denials = inOrder.map((one, i) => {
    const types = sets.get(hashes.get(one) ?? '') ?? []
    const isSigned = types.length > 0 && (!types.includes('NS') || types.includes('SOA') || types.includes('DS'))
    const next = inOrder[(i + 1) % inOrder.length]
    const apex = types.includes('SOA') ? ['NSEC3PARAM'] : []
    return record(
      `${one}.${origin}`,
      'NSEC3',
      `1 0 0 - ${next} ${[...types, ...apex, ...(isSigned ? ['RRSIG'] : [])].join(' ')}`,
      900,
    )
  })
  return [record(origin, 'NSEC3PARAM', '1 0 0 -', TTL_SECONDS), ...denials]
}

// The names between one and its zone, some of which have no records.
function betweenNames(name: string, origin: string): string[] {
  const parent = name.slice(name.indexOf('.') + 1)
  return name === origin || parent === origin ? [] : [parent, ...betweenNames(parent, origin)]
}

/** RFC 5155 §5, no salt and no more iterations, in base32hex. */
function hash(name: string): string {
  const digest = createHash('sha1').update(octetsOf(name.toLowerCase())).digest()
  let bits = ''
  for (const octet of digest) bits += octet.toString(2).padStart(8, '0')
  return bits.replace(/.{5}/g, (five) => HEX32[Number.parseInt(five, 2)] ?? '')
}
