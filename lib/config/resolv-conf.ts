import { isIP, isIPv6 } from 'node:net'
import { type Address, isWildcard, parseIpAddress } from './address.ts'

const DNS_PORT = 53

/** The servers of a resolv.conf file (resolv.conf(5)), in their order. Lines that name no address are skipped. */
export function parseResolvConf(text: string): Address[] {
  return [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].flatMap(([, host = '']) => serverAt(host) ?? [])
}

// To the C library, too, the unspecified address is this host.
function serverAt(text: string): Address | undefined {
  const address = isIP(text) === 0 ? undefined : parseIpAddress(text, DNS_PORT)
  if (address === undefined || !isWildcard(address.host)) return address
  return { host: isIPv6(address.host) ? '::1' : '127.0.0.1', port: DNS_PORT }
}
