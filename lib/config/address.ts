import { isIP, isIPv4, isIPv6 } from 'node:net'
import { parseHostName } from './host-name.ts'

/** A host, an IP address or a name, and a port. */
export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * Reads `IP`, `IPv4:port` or `[IPv6]:port`; undefined if it is none of these. Of the spellings of an address there is
 * one afterwards. The port may be 0 only if `allowZero`.
 */
export function parseIpAddress(text: string, defaultPort: number | undefined, allowZero = false): Address | undefined {
  if (isIP(text) !== 0) return defaultPort === undefined ? undefined : { host: canonical(text), port: defaultPort }
  const [, ipv6, ipv4, given] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::([^:]*))?$/.exec(text) ?? []
  const port = given === undefined ? defaultPort : portOf(given, allowZero)
  if (port === undefined) return undefined
  if (ipv6 !== undefined && isIPv6(ipv6)) return { host: canonical(ipv6), port }
  return ipv4 !== undefined && isIPv4(ipv4) ? { host: ipv4, port } : undefined
}

// RFC 5952 for IPv6; what is mapped (RFC 4291 §2.5.5.2) is IPv4. An interface matters to link-local addresses alone.
function canonical(host: string): string {
  if (!isIPv6(host)) return host
  const [bare = '', zone] = host.split('%')
  const written = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  if (zone !== undefined && /^fe[89ab]/.test(written)) return `${written}%${zone}`
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(written) ?? []
  return high === undefined || low === undefined ? written : [high, low].flatMap(twoOctets).join('.')
}

function twoOctets(group: string): number[] {
  const value = Number.parseInt(group, 16)
  return [value >> 8, value & 0xff]
}

function portOf(text: string, allowZero: boolean): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1
  return port >= (allowZero ? 0 : 1) && port <= 65_535 ? port : undefined
}

/** The same, or a host name without a port (as in kube-dns' `stubDomains`). */
export function parseServerAddress(text: string, defaultPort: number): Address | undefined {
  const address = parseIpAddress(text, defaultPort)
  if (address !== undefined) return address
  const host = parseHostName(text)
  return host === undefined ? undefined : { host, port: defaultPort }
}

/** Whether it stands for every address of the host. */
export const isWildcard = (host: string): boolean => ['0.0.0.0', '::'].includes(canonical(host))
