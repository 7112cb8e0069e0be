import { isTruncated, readMessage } from '../dns/message.ts'
import { exchangeTcp } from './exchange-tcp.ts'
import { exchangeUdp } from './exchange-udp.ts'
import type { ServerAddress, Upstream } from './upstream.ts'

interface Options {
  /** The address to ask, found anew for each query if the server is known by its name. */
  readonly address: () => ServerAddress | Promise<ServerAddress>
  readonly label: string
  readonly onMismatch: () => void
}

/** Plain DNS: UDP, and TCP for a reply that did not fit (RFC 1035 §4.2). */
export function plainUpstream({ address, label, onMismatch }: Options): Upstream {
  return {
    label,
    exchange: async (query) => {
      const server = await address()
      const message = readMessage(await exchangeUdp(server, query, onMismatch))
      return isTruncated(message) ? readMessage(await exchangeTcp(server, query, onMismatch)) : message
    },
  }
}
