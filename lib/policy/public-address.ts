import { BlockList, isIP } from 'node:net'

// Not of the public Internet (RFC 6890): whoever answers there belongs to the host, the link or the organisation.
const WITHIN = new BlockList()
for (const [prefix, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // RFC 6598; resolvers of some clouds
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // resolvers of most clouds
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['168.63.129.16', 32], // the resolver of a virtual network in Azure: everyone's address, each network's own server
] as const) {
  WITHIN.addSubnet(prefix, bits, 'ipv4')
}
for (const [prefix, bits] of [
  ['::', 127], // unspecified, loopback
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10], // site-local, before RFC 3879
] as const) {
  WITHIN.addSubnet(prefix, bits, 'ipv6')
}

/**
 * Whether a server at this address is one of the public Internet. IPv4 within IPv6 (`::ffff:10.0.0.1`) counts as IPv4.
 * The prefixes of documentation and benchmarks count as public: they stand for public ones wherever they are used. So
 * does what is no address, since nobody knows where it leads.
 */
export function isPublicAddress(host: string): boolean {
  const family = isIP(host)
  return family === 0 || !WITHIN.check(host, family === 4 ? 'ipv4' : 'ipv6')
}
