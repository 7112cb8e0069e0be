import { isIP } from 'node:net'
import type { Server } from '../../lib/config/server.ts'
import type { Resolve } from '../../lib/dns/answer.ts'
import { movingTransport } from '../../lib/forward/moving-transport.ts'
import { namedServer } from '../../lib/forward/named-server.ts'
import { HttpsTransport } from '../../lib/forward/transport/https-transport.ts'
import { NativeUdpTransport } from '../../lib/forward/transport/native-udp-transport.ts'
import { StreamPool } from '../../lib/forward/transport/stream-pool.ts'
import { tcpConnector } from '../../lib/forward/transport/tcp-connector.ts'
import { tlsConnector } from '../../lib/forward/transport/tls-connector.ts'
import type { Transport, TransportCounters } from '../../lib/forward/transport/transport.ts'
import { UdpTransport } from '../../lib/forward/transport/udp-transport.ts'
import type { ServerAddress } from '../../lib/forward/upstream.ts'
import type { Runtime } from './runtime.ts'

export interface OpenOptions {
  /** PEM, instead of the authorities that Node knows. */
  readonly ca: string | undefined
  readonly randomizeCase: boolean
  /** Finds the addresses of servers that are given by name. */
  readonly lookUp: Resolve
  readonly runtime: Runtime
}

/** The way to a server, as it is spoken to. */
export function openTransport(server: Server, label: string, options: OpenOptions): Transport {
  const { runtime, lookUp } = options
  const { transport: counters } = runtime.counters.holdUpstream(label)
  const parts = { server, counters, options }
  const open = (address: ServerAddress) => OPEN[server.protocol](address, parts)
  if (isIP(server.host) !== 0) return open(server)
  return movingTransport({ address: namedServer(server, lookUp, runtime.clock), open })
}

type Open = (
  address: ServerAddress,
  parts: { readonly server: Server; readonly counters: TransportCounters; readonly options: OpenOptions },
) => Transport

const tcp: Open = (address, { counters, options: { runtime } }) =>
  new StreamPool({ connector: tcpConnector(address), clock: runtime.clock, counters })

const OPEN: Readonly<Record<Server['protocol'], Open>> = {
  dns: (address, parts) => {
    const { counters, options } = parts
    const beside = tcp(address, parts)
    const { nativeUdp } = options.runtime
    const common = { server: address, tcp: beside, matchCase: options.randomizeCase, counters }
    const udp =
      nativeUdp === undefined
        ? new UdpTransport(common)
        : new NativeUdpTransport({ ...common, sockets: nativeUdp.sockets })
    return {
      exchange: (query) => udp.exchange(query),
      close: () => {
        udp.close()
        beside.close()
      },
    }
  },
  tcp,
  tls: (address, { server, counters, options: { ca, runtime } }) => {
    const connector = tlsConnector({ server: address, name: server.serverName, ca, protocol: 'dot' })
    return new StreamPool({ connector, clock: runtime.clock, counters })
  },
  https: (address, { server, counters, options: { ca, runtime } }) =>
    new HttpsTransport({
      server: address,
      name: server.serverName,
      path: server.path ?? '/',
      ca,
      clock: runtime.clock,
      counters,
    }),
}
