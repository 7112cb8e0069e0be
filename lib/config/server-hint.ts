import { isIP } from 'node:net'
import { printable } from '../base/fields.ts'
import { isWildcard, parseIpAddress } from './address.ts'
import { parseHostName } from './host-name.ts'
import { isEncrypted, type ServerParts, serverParts } from './server.ts'
import { parseUrlPath } from './url-path.ts'

/** What to write instead of a text that comes near to a server; undefined if only the forms can be told. */
export function serverHint(text: string): string | undefined {
  const parts = serverParts(text)
  if (parts === undefined) return undefined
  const { protocol, place, path, name } = parts
  const address = parseIpAddress(place, 0)
  if (address === undefined) return text.includes('://') ? instead(parts) : undefined
  if (isWildcard(address.host)) return `the address of a server; no wildcard: ${address.host} is this host itself`
  if (!isEncrypted(protocol)) return undefined
  if (name !== undefined && isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0)
    return 'a name after #, no address: without #NAME the certificate is checked for the address'
  return protocol === 'https' && path !== undefined && parseUrlPath(path) === undefined
    ? 'a path of letters, digits and what else RFC 3986 allows in it, all others as %HH; no variables'
    : undefined
}

// A plain server may be given by its name where there is another one to look it up with.
function instead({ protocol, place, path, name }: ServerParts): string | undefined {
  const [, host = '', port = ''] = /^([^:]*)(:\d+)?$/.exec(place) ?? []
  const known = parseHostName(name ?? host)
  if (parseHostName(host) === undefined || known === undefined || protocol === 'dns') return undefined
  const sent = protocol === 'https' ? (parseUrlPath(path ?? '') ?? '/PATH') : ''
  const form = `${protocol}://IP${port}${sent}${isEncrypted(protocol) ? `#${known}` : ''}`
  return `${printable(form)}: a name cannot be asked for before there is an upstream`
}
