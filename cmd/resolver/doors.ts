import { CONNECTION_LIMITS } from '../../lib/server/connection-limits.ts'
import type { Config } from '../../lib/config/config.ts'
import { Listeners } from '../../lib/server/listeners.ts'
import { ReplyLimiter } from '../../lib/server/reply-limiter.ts'
import type { Responder } from '../../lib/server/responder.ts'
import { RightOfWay } from '../../lib/server/right-of-way.ts'
import { Streams } from '../../lib/server/streams.ts'
import { listenUdp } from '../../lib/server/udp.ts'
import { listenUdpBatched } from '../../lib/server/udp-batched.ts'
import { replyPolicy } from './reply-policy.ts'
import type { Runtime } from './runtime.ts'
import { warnOfSmallBuffer } from './system-limits.ts'

/** Where queries come in. */
export interface Doors {
  readonly listeners: Listeners
  readonly streams: Streams
  /** Of replies over UDP. */
  readonly limiter: ReplyLimiter
}

export function buildDoors({ respond }: Responder, config: Config, runtime: Runtime): Doors {
  const { clock, wallClock, counters, warn, nativeUdp } = runtime
  const onError = (error: Error) => {
    counters.socketErrors++
    warn('socket', 'error of a listening socket', { error: error.message })
  }
  const { maxConnections, maxPerClient } = CONNECTION_LIMITS
  const onRefused = () => warn('connections', 'no room for a connection', { maxConnections, maxPerClient })
  const rightOfWay = new RightOfWay(clock)
  const streams = new Streams({ respond, clock, rightOfWay, onRefused, onError })
  const limiter = new ReplyLimiter(replyPolicy(config), clock)
  const overUdp = {
    respond: limiter.limited(respond),
    clock,
    wallClock,
    onError,
    counters: counters.udp,
    onSmallBuffer: (octets: number, wanted: number) => warnOfSmallBuffer({ octets, wanted }, runtime),
  }
  const listeners = new Listeners({
    udp: (address) =>
      nativeUdp === undefined
        ? listenUdp(address, overUdp)
        : listenUdpBatched(address, { ...overUdp, rightOfWay, library: nativeUdp.library }),
    tcp: (address) => streams.listenTcp(address),
    tls: (address) => streams.listenTls(address),
  })
  return { listeners, streams, limiter }
}
