import { isIPv6 } from 'node:net'
import { type Address, isWildcard, parseIpAddress } from './address.ts'
import { parseHostName } from './host-name.ts'
import { parseUrlPath } from './url-path.ts'

const PORTS = { dns: 53, tcp: 53, tls: 853, https: 443 } as const

type Protocol = keyof typeof PORTS

/** A server that queries are forwarded to, and how it is spoken to. */
export interface Server extends Address {
  /** `dns`: UDP, and TCP for what was truncated. `tcp`: TCP alone. `tls`: RFC 7858. `https`: RFC 8484. */
  readonly protocol: Protocol
  /** The name that its certificate has to be valid for; without it, the address. */
  readonly serverName?: string
  /** Of the URL, for `https`. */
  readonly path?: string
}

/** The ways to write a server, for messages. */
export const SERVER_FORMS =
  'ADDRESS, dns://ADDRESS, tcp://ADDRESS, tls://ADDRESS#NAME or https://ADDRESS/PATH#NAME (ADDRESS: IP, IP:PORT or [IPv6]:PORT; #NAME may be left out)'

/** Plain DNS to an address. */
export const plainServer = (address: Address): Server => ({ protocol: 'dns', ...address })

/** What the text of a server is made of, right or wrong. */
export interface ServerParts {
  readonly protocol: Protocol
  readonly place: string
  readonly path: string | undefined
  readonly name: string | undefined
}

export function serverParts(text: string): ServerParts | undefined {
  const [, scheme = 'dns', place = '', path, name] =
    /^(?:([a-z]+):\/\/)?([^/#]+)(\/[^#\s]*)?(?:#(.+))?$/.exec(text) ?? []
  return Object.hasOwn(PORTS, scheme) ? { protocol: scheme as Protocol, place, path, name } : undefined
}

/** Reads one of the forms; undefined if it is none of them. */
export function parseServer(text: string): Server | undefined {
  const parts = serverParts(text)
  if (parts === undefined) return undefined
  const { protocol, place } = parts
  const address = parseIpAddress(place, PORTS[protocol])
  const more = nameAndPath(parts)
  if (address === undefined || isWildcard(address.host) || more === undefined) return undefined
  return { protocol, ...address, ...more }
}

function nameAndPath({ protocol, name, path }: ServerParts): Pick<Server, 'serverName' | 'path'> | undefined {
  if ((path !== undefined) !== (protocol === 'https') || (name !== undefined && !isEncrypted(protocol)))
    return undefined
  const serverName = name && parseHostName(name)
  const sent = path && parseUrlPath(path)
  if ((name && !serverName) || (path && !sent)) return undefined
  return { ...(serverName && { serverName }), ...(sent && { path: sent }) }
}

export const isEncrypted = (protocol: Protocol): boolean => protocol === 'tls' || protocol === 'https'

/** The same, or a host name without a port (as in kube-dns' `stubDomains`). */
export function parseNamedServer(text: string): Server | undefined {
  const host = parseHostName(text)
  return host === undefined ? parseServer(text) : plainServer({ host, port: PORTS.dns })
}

/** As it is written in logs and metrics: the address and the port; the protocol unless it is plain DNS. */
export function formatServer({ protocol, host, port, serverName, path = '' }: Server): string {
  const address = `${isIPv6(host) ? `[${host}]` : host}:${port}`
  return protocol === 'dns'
    ? address
    : `${protocol}://${address}${path}${serverName === undefined ? '' : `#${serverName}`}`
}
