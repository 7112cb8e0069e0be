import { isIPv4, isIPv6 } from 'node:net'

/** The 4 or 16 octets of an IP address; a zone (`%eth0`) does not count. Undefined if it is none. */
export function addressOctets(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number))
  if (!isIPv6(text)) return undefined
  const [address = ''] = text.split('%')
  const [front = '', back] = hexadecimal(address).split('::')
  const before = groupsOf(front)
  const after = back === undefined ? [] : groupsOf(back)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0)
  const octets = Buffer.alloc(16)
  for (const [i, group] of [...before, ...zeros, ...after].entries()) octets.writeUInt16BE(group, 2 * i)
  return octets
}

const groupsOf = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))

// The last four octets may be written as those of IPv4 are.
function hexadecimal(address: string): string {
  const [, rest = '', quad] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? []
  if (quad === undefined) return address
  const [a = 0, b = 0, c = 0, d = 0] = quad.split('.').map(Number)
  return `${rest}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}
