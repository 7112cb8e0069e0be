import { type Address, isWildcard, parseIpAddress } from './address.ts'

const TLS = 'tls://'
const TLS_PORT = 853

/** An address to listen on: UDP and TCP, or DNS over TLS. */
export interface ListenConfig extends Address {
  readonly isEncrypted?: true
}

/** Reads `IP:port`, or the same behind `tls://` (where the port may be left out); undefined if it is neither. */
export function parseListenAddress(text: string): ListenConfig | undefined {
  const isEncrypted = text.startsWith(TLS)
  const address = isEncrypted
    ? parseIpAddress(text.slice(TLS.length), TLS_PORT, true)
    : parseIpAddress(text, undefined, true)
  if (address === undefined || isWildcard(address.host)) return undefined
  return isEncrypted ? { ...address, isEncrypted } : address
}
