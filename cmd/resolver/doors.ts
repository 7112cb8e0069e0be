import { CONNECTION_LIMITS } from '../../lib/server/connection-limits.ts'
import { Listeners } from '../../lib/server/listeners.ts'
import type { Responder } from '../../lib/server/responder.ts'
import { Streams } from '../../lib/server/streams.ts'
import { listenUdp } from '../../lib/server/udp.ts'
import { listenUdpBatched } from '../../lib/server/udp-batched.ts'
import type { Runtime } from './runtime.ts'

/** Where queries come in. */
export interface Doors {
  readonly listeners: Listeners
  readonly streams: Streams
}

export function buildDoors({ respond }: Responder, { clock, counters, warn, nativeUdp }: Runtime): Doors {
  const onError = (error: Error) => {
    counters.socketErrors++
    warn('socket', 'error of a listening socket', { error: error.message })
  }
  const { maxConnections, maxPerClient } = CONNECTION_LIMITS
  const onRefused = () => warn('connections', 'no room for a connection', { maxConnections, maxPerClient })
  const streams = new Streams({ respond, clock, onRefused, onError })
  const listeners = new Listeners({
    udp: (address) =>
      nativeUdp === undefined
        ? listenUdp(address, { respond, clock, onError })
        : listenUdpBatched(address, { library: nativeUdp.library, respond, clock, onError }),
    tcp: (address) => streams.listenTcp(address),
    tls: (address) => streams.listenTls(address),
  })
  return { listeners, streams }
}
