import { addressOctets } from '../base/address-octets.ts'

const IPV4_IN_IPV6 = Buffer.from('00000000000000000000ffff', 'hex') // RFC 4291 §2.5.5.2

/** How much of an address tells who is meant, in bits. */
export interface PrefixLengths {
  readonly ipv4: number
  readonly ipv6: number
}

/** The network that an address is in, as text that is the same for all of it. IPv6 may have a scope, which is left out. */
export function networkPrefix(address: string, bits: PrefixLengths): string {
  const octets = addressOctets(address)
  if (octets === undefined) return address
  const isMapped = octets.length === 16 && octets.subarray(0, IPV4_IN_IPV6.length).equals(IPV4_IN_IPV6)
  const own = isMapped ? octets.subarray(IPV4_IN_IPV6.length) : octets
  return masked(own, own.length === 4 ? bits.ipv4 : bits.ipv6).toString('hex')
}

const masked = (octets: Buffer, bits: number): Buffer =>
  Buffer.from(octets.map((octet, i) => octet & (0xff00 >> Math.max(0, Math.min(8, bits - 8 * i)))))
