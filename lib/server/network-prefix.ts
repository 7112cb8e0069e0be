import { isIPv4 } from 'node:net'

const GROUPS = 8
const GROUP_BITS = 16

/** How much of an address tells who is meant, in bits. */
export interface PrefixLengths {
  readonly ipv4: number
  readonly ipv6: number
}

/** The network that an address is in, as text that is the same for all of it. IPv6 may have a scope, which is left out. */
export function networkPrefix(address: string, bits: PrefixLengths): string {
  if (isIPv4(address)) return `${masked(ipv4Value(address), 32, bits.ipv4)}`
  const [bare = ''] = address.split('%')
  const ipv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1]
  if (ipv4 !== undefined) return networkPrefix(ipv4, bits)
  return groupsOf(bare)
    .map((group, i) => masked(group, GROUP_BITS, bits.ipv6 - GROUP_BITS * i))
    .join(':')
}

const ipv4Value = (address: string): number => address.split('.').reduce((value, part) => value * 256 + Number(part), 0)

// Without the lower bits, of which arithmetic knows more than 31.
function masked(value: number, width: number, bits: number): number {
  const lower = 2 ** (width - Math.max(0, Math.min(width, bits)))
  return Math.floor(value / lower) * lower
}

function groupsOf(address: string): number[] {
  const [head = [], tail = []] = address.split('::').map(groups)
  return [...head, ...Array.from({ length: GROUPS - head.length - tail.length }, () => 0), ...tail]
}

const groups = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
