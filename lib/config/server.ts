import { isIPv6 } from 'node:net'
import { type Address, parseIpAddress, parseServerAddress } from './address.ts'

const PORTS = { dns: 53, tcp: 53, tls: 853, https: 443 } as const

/** A server that queries are forwarded to, and how it is spoken to. */
export interface Server extends Address {
  /** `dns`: UDP, and TCP for what was truncated. `tcp`: TCP alone. `tls`: RFC 7858. `https`: RFC 8484. */
  readonly protocol: keyof typeof PORTS
  /** The name that its certificate has to be valid for; without it, the address. */
  readonly serverName?: string
  /** Of the URL, for `https`. */
  readonly path?: string
}

/** The ways to write a server, for messages. */
export const SERVER_FORMS = 'an IP address, IP:port, [IPv6]:port, tcp://IP, tls://IP#NAME, https://IP/PATH#NAME'

/** Plain DNS to an address. */
export const plainServer = (address: Address): Server => ({ protocol: 'dns', ...address })

/** Reads one of the forms; undefined if it is none of them. */
export function parseServer(text: string): Server | undefined {
  const [, scheme, place = '', path, serverName] = /^(?:([a-z]+):\/\/)?([^/#]+)(\/[^#\s]*)?(?:#(.+))?$/.exec(text) ?? []
  const protocol = protocolOf(scheme)
  const address = protocol && parseIpAddress(place, PORTS[protocol])
  if (protocol === undefined || address === undefined) return undefined
  const parts = { ...(serverName !== undefined && { serverName: serverName.toLowerCase() }), ...(path && { path }) }
  return isWhole(protocol, parts) ? { protocol, ...address, ...parts } : undefined
}

const protocolOf = (scheme = 'dns'): Server['protocol'] | undefined =>
  Object.hasOwn(PORTS, scheme) ? (scheme as Server['protocol']) : undefined

function isWhole(protocol: Server['protocol'], { serverName, path }: Pick<Server, 'serverName' | 'path'>): boolean {
  const isEncrypted = protocol === 'tls' || protocol === 'https'
  if (serverName !== undefined && (!isEncrypted || !isHostName(serverName))) return false
  return (path !== undefined) === (protocol === 'https')
}

/** The same, or a host name without a port (as in kube-dns' `stubDomains`). */
export function parseNamedServer(text: string): Server | undefined {
  const address = parseServerAddress(text, PORTS.dns)
  return address === undefined ? parseServer(text) : plainServer(address)
}

const isHostName = (text: string): boolean =>
  !text.includes(':') && parseServerAddress(text, PORTS.dns)?.host === text.toLowerCase()

/** As it is written in logs and metrics: the address and the port; the protocol unless it is plain DNS. */
export function formatServer({ protocol, host, port, serverName, path = '' }: Server): string {
  const address = `${isIPv6(host) ? `[${host}]` : host}:${port}`
  return protocol === 'dns'
    ? address
    : `${protocol}://${address}${path}${serverName === undefined ? '' : `#${serverName}`}`
}
