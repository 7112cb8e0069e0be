import { type Name, nameOf, parseName } from '../dns/name.ts'

/**
 * What stands at and below a domain: the loopback addresses; a pointer to `localhost`; nothing, not even the domain
 * itself; names without records; or whatever an organisation has there for itself, and for the public an empty zone.
 */
export type SpecialUse = 'loopback' | 'pointer' | 'absent' | 'bare' | 'private'

export interface SpecialUseZone {
  readonly domain: Name
  /** The zone that it belongs to. */
  readonly zone: Name
  readonly use: SpecialUse
}

const IPV6_LOOPBACK = `1.${'0.'.repeat(31)}ip6.arpa`

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

// In the order of the documents. Not here: `local` (RFC 6762), which holds the cluster domain, and `ipv4only.arpa`
// (RFC 8880), which is the business of whoever runs NAT64.
const PRIVATE = [
  'test', // RFC 6761 §6.2
  // RFC 6303 §4.1: RFC 1918
  '10.in-addr.arpa',
  ...numbers(16, 31).map((octet) => `${octet}.172.in-addr.arpa`),
  '168.192.in-addr.arpa',
  // §4.2: this network, loopback, link-local, documentation, broadcast
  '0.in-addr.arpa',
  '127.in-addr.arpa',
  '254.169.in-addr.arpa',
  '2.0.192.in-addr.arpa',
  '100.51.198.in-addr.arpa',
  '113.0.203.in-addr.arpa',
  '255.255.255.255.in-addr.arpa',
  `${'0.'.repeat(32)}ip6.arpa`, // §4.3: unspecified
  'd.f.ip6.arpa', // §4.4: unique local
  ...['8', '9', 'a', 'b'].map((nibble) => `${nibble}.e.f.ip6.arpa`), // §4.5: link-local
  '8.b.d.0.1.0.0.2.ip6.arpa', // §4.6: documentation
  ...numbers(64, 127).map((octet) => `${octet}.100.in-addr.arpa`), // RFC 7793: RFC 6598
  'home.arpa', // RFC 8375
  'service.arpa', // RFC 9665
]

const standing = (domain: string, use: SpecialUse, zone = domain): SpecialUseZone => ({
  domain: parseName(domain),
  zone: parseName(zone),
  use,
})

export const LOCALHOST = nameOf(['localhost'])
/** Names above it exist. */
export const IPV4_LOOPBACK = parseName('1.0.0.127.in-addr.arpa')

/** The domains that are not, or not always, those of the public DNS. */
export const SPECIAL_USE_ZONES: readonly SpecialUseZone[] = [
  standing('localhost', 'loopback'), // RFC 6761 §6.3
  standing('1.0.0.127.in-addr.arpa', 'pointer', '127.in-addr.arpa'),
  standing(IPV6_LOOPBACK, 'pointer'),
  standing('invalid', 'absent'), // RFC 6761 §6.4
  standing('onion', 'absent'), // RFC 7686
  standing('resolver.arpa', 'bare'), // RFC 9462 §4
  ...PRIVATE.map((domain) => standing(domain, 'private')),
]
