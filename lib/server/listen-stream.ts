import { once } from 'node:events'
import { createServer, isIPv6, type Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import type { Protocol } from './connection-counters.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { ListenAddress, Listener } from './listener.ts'
import type { RightOfWay } from './right-of-way.ts'
import type { Occupant, Seat } from './seat.ts'

// What is read ahead of a connection whose turn has not come is one chunk of the system's.
const READ_AHEAD_OCTETS = 4096

/** A connection of a listener, from when it was accepted. */
export interface Caller extends Occupant {
  /** Answers what has come in, and closes. */
  finish(): void
}

export interface StreamOptions {
  readonly clock: Clock
  readonly table: ConnectionTable
  readonly rightOfWay: RightOfWay
  /** A connection was turned away. */
  readonly onRefused: () => void
  readonly onError: (error: Error) => void
}

interface Options extends StreamOptions {
  readonly protocol: Protocol
  readonly receive: (socket: Socket, seat: Seat) => Caller
}

/** Binds one TCP address; each connection that has a seat becomes a caller. Rejects if it cannot be bound. */
export async function listenStream({ host, port }: ListenAddress, options: Options): Promise<Listener> {
  const { clock, table, rightOfWay, protocol, receive, onRefused, onError } = options
  const callers = new Set<Caller>()
  const settings = { allowHalfOpen: true, noDelay: true, highWaterMark: READ_AHEAD_OCTETS }
  const server = createServer(settings, (socket) => {
    rightOfWay.give()
    const begun = table.admit(protocol, socket.remoteAddress ?? '', (seat) => {
      const caller = receive(socket, seat)
      callers.add(caller)
      socket.once('close', () => {
        callers.delete(caller)
        seat.free()
        rightOfWay.give()
      })
      return caller
    })
    if (begun !== undefined) return
    socket.destroy()
    onRefused()
  })
  server.listen({ host, port, ipv6Only: isIPv6(host) })
  await once(server, 'listening')
  server.on('error', onError)
  const bound = server.address()
  return {
    address: { host, port: bound !== null && typeof bound === 'object' ? bound.port : port },
    close: async (graceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const caller of callers) caller.finish()
      const endGrace = clock.after(graceMs, () => {
        for (const caller of callers) caller.cut()
      })
      await closed
      endGrace()
    },
  }
}
