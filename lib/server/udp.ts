import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { UDP } from './carrier.ts'
import type { ListenAddress, Listener } from './listener.ts'
import type { Respond } from './responder.ts'
import { UnderWay } from './under-way.ts'

const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024 // the kernel caps it at net.core.rmem_max

interface Options {
  readonly respond: Respond
  readonly clock: Clock
  readonly onError: (error: Error) => void
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
    recvBufferSize: RECEIVE_BUFFER_OCTETS,
    // Senders are addresses already; the default look-up costs a turn of the event loop for each reply.
    lookup: (address, _options, done) => done(null, address, family),
  })
  await bind(socket, host, port)
  // ICMP errors and full send buffers concern one reply; the socket goes on.
  socket.on('error', options.onError)
  let open = true
  const underWay = new UnderWay()
  const sendLater = async (later: Promise<Buffer>, to: RemoteInfo) => {
    const isCounted = underWay.begin()
    const reply = await later
    if (open) socket.send(reply, to.port, to.address)
    if (isCounted) underWay.end()
  }
  socket.on('message', (packet, from) => {
    // Nothing can be sent to port 0.
    const reply = from.port === 0 ? undefined : options.respond(packet, from.address, UDP)
    if (reply === undefined) return
    if (reply instanceof Promise) {
      void sendLater(reply, from)
    } else {
      socket.send(reply, from.port, from.address)
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
