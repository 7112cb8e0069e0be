import { once } from 'node:events'
import { createServer, isIPv6 } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { Connection, type ConnectionLimits } from './connection.ts'
import type { ListenAddress, Listener } from './listener.ts'
import type { Respond } from './responder.ts'

interface Options {
  readonly respond: Respond
  readonly clock: Clock
  readonly limits: ConnectionLimits & { readonly maxConnections: number }
  /** A connection beyond the limit was turned away. */
  readonly onRefused: () => void
  readonly onError: (error: Error) => void
}

/** Binds one TCP address (RFC 7766). Rejects if it cannot be bound. */
export async function listenTcp({ host, port }: ListenAddress, options: Options): Promise<Listener> {
  const connections = new Set<Connection>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection = new Connection(socket, options)
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
  })
  server.maxConnections = options.limits.maxConnections
  server.on('drop', options.onRefused)
  server.listen({ host, port, ipv6Only: isIPv6(host) })
  await once(server, 'listening')
  server.on('error', options.onError)
  const bound = server.address()
  return {
    address: { host, port: bound !== null && typeof bound === 'object' ? bound.port : port },
    close: async (graceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const connection of connections) connection.finish()
      const endGrace = options.clock.after(graceMs, () => {
        for (const connection of connections) connection.destroy()
      })
      await closed
      endGrace()
    },
  }
}
