import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP relay on loopback that can stop to carry what it carries, as a firewall does that has forgotten connections. */
export interface BlackHoleRelay extends AsyncDisposable {
  readonly port: number
  /** Connections that were taken so far. */
  readonly connections: number
  /**
   * From now on nothing that either end sends on the connections there are gets through, not even their end, and none
   * of them is closed. New ones work.
   */
  swallow(): void
}

/** Carries connections to a port of 127.0.0.1. */
export async function blackHoleRelay(toPort: number): Promise<BlackHoleRelay> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let connections = 0
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: toPort, host: '127.0.0.1', allowHalfOpen: true })
    const pair = [near, far] as const
    connections++
    pairs.add(pair)
    for (const [from, to] of [pair, [far, near] as const]) {
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.once('close', () => pairs.delete(pair))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    swallow: () => {
      for (const [near, far] of pairs) {
        for (const socket of [near, far]) {
          socket.unpipe()
          socket.removeAllListeners('error').on('error', () => {})
          // It is still read, so that the system goes on to confirm what comes.
          socket.resume()
        }
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of [...pairs].flat()) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}
