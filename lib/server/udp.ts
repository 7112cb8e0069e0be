import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { UDP } from './carrier.ts'
import type { ListenAddress, Listener } from './listener.ts'
import { BLIND_RECEIVE_BUFFER_OCTETS, ROOM_FOR_OVERHEAD } from './receive-buffer.ts'
import type { Respond } from './responder.ts'
import { UdpCounters } from './udp-counters.ts'
import { UnderWay } from './under-way.ts'

const MAX_UNSENT_OCTETS = 256 * 1024

interface Options {
  readonly respond: Respond
  readonly clock: Clock
  readonly onError: (error: Error) => void
  readonly counters?: UdpCounters
  /** The kernel has given less room than was asked for. */
  readonly onSmallBuffer?: (octets: number, wanted: number) => void
}

/**
 * Binds one UDP address, never a wildcard, so that a reply leaves from the address that was asked (RFC 2181 §4).
 * Rejects if the address cannot be bound.
 */
export async function listenUdp({ host, port }: ListenAddress, options: Options): Promise<Listener> {
  const family = isIPv6(host) ? 6 : 4
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    recvBufferSize: BLIND_RECEIVE_BUFFER_OCTETS,
    // Senders are addresses already; the default look-up costs a turn of the event loop for each reply.
    lookup: (address, _options, done) => done(null, address, family),
  })
  await bind(socket, host, port)
  const receiveOctets = socket.getRecvBufferSize() / ROOM_FOR_OVERHEAD
  if (receiveOctets < BLIND_RECEIVE_BUFFER_OCTETS) options.onSmallBuffer?.(receiveOctets, BLIND_RECEIVE_BUFFER_OCTETS)
  // ICMP errors and full send buffers concern one reply; the socket goes on.
  socket.on('error', options.onError)
  const counters = options.counters ?? new UdpCounters()
  let open = true
  const send = (reply: Buffer, to: RemoteInfo) => {
    // What the system does not take Node keeps, without a bound of its own.
    if (socket.getSendQueueSize() > MAX_UNSENT_OCTETS) counters.unsent++
    else socket.send(reply, to.port, to.address)
  }
  const underWay = new UnderWay()
  const sendLater = async (later: Promise<Buffer>, to: RemoteInfo) => {
    const isCounted = underWay.begin()
    const reply = await later
    if (open) send(reply, to)
    if (isCounted) underWay.end()
  }
  socket.on('message', (packet, from) => {
    // Nothing can be sent to port 0.
    const reply = from.port === 0 ? undefined : options.respond(packet, from.address, UDP)
    if (reply === undefined) return
    if (reply instanceof Promise) {
      void sendLater(reply, from)
    } else {
      send(reply, from)
    }
  })
  return {
    address: { host, port: socket.address().port },
    close: async (graceMs) => {
      await underWay.close(options.clock, graceMs)
      open = false
      await new Promise<void>((closed) => socket.close(closed))
    },
  }
}

async function bind(socket: Socket, host: string, port: number): Promise<void> {
  // With a synchronous look-up, `bind` may be done before it returns.
  const listening = once(socket, 'listening')
  socket.bind(port, host)
  try {
    await listening
  } catch (error) {
    socket.close()
    throw error
  }
}
