import { isIP, isIPv4, isIPv6 } from 'node:net'

/** A host, an IP address or a name, and a port. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Reads `IP`, `IPv4:port` or `[IPv6]:port`; undefined if it is none of these. The port may be 0 only if `allowZero`. */
export function parseIpAddress(text: string, defaultPort: number | undefined, allowZero = false): Address | undefined {
  if (isIP(text) !== 0) return defaultPort === undefined ? undefined : { host: canonical(text), port: defaultPort }
  const [, ipv6, ipv4, given] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::([^:]*))?$/.exec(text) ?? []
  const port = given === undefined ? defaultPort : portOf(given, allowZero)
  if (port === undefined) return undefined
  if (ipv6 !== undefined && isIPv6(ipv6)) return { host: canonical(ipv6), port }
  return ipv4 !== undefined && isIPv4(ipv4) ? { host: ipv4, port } : undefined
}

// An IPv6 address has many spellings (RFC 5952); one that names an interface is left as it is.
function canonical(host: string): string {
  return isIPv6(host) && !host.includes('%') ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host
}

function portOf(text: string, allowZero: boolean): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1
  return port >= (allowZero ? 0 : 1) && port <= 65_535 ? port : undefined
}

/** The same, or a host name without a port (as in kube-dns' `stubDomains`). */
export function parseServerAddress(text: string, defaultPort: number): Address | undefined {
  const isHostName = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)*[a-z]([-a-z0-9]*[a-z0-9])?$/i.test(text) && text.length <= 253
  return parseIpAddress(text, defaultPort) ?? (isHostName ? { host: text.toLowerCase(), port: defaultPort } : undefined)
}

/** Whether it stands for every address of the host. */
export const isWildcard = (host: string): boolean => ['0.0.0.0', '::', '::ffff:0:0'].includes(canonical(host))
