import type { Transport, TransportQuery } from './transport/transport.ts'
import type { ServerAddress } from './upstream.ts'

interface Options {
  /** Where the server is now. */
  readonly address: () => Promise<ServerAddress>
  readonly open: (address: ServerAddress) => Transport
}

/** A transport to a server whose address may change: what is under way to the old one ends there. */
export function movingTransport({ address, open }: Options): Transport {
  let at = ''
  let transport: Transport | undefined
  let isClosed = false
  const now = async (): Promise<Transport> => {
    const next = await address()
    const key = `${next.host} ${next.port}`
    if (isClosed) throw new Error('the transport was closed')
    if (transport === undefined || key !== at) {
      transport?.close()
      transport = open(next)
      at = key
    }
    return transport
  }
  return {
    exchange: async (query: TransportQuery) => (await now()).exchange(query),
    close: () => {
      isClosed = true
      transport?.close()
    },
  }
}
