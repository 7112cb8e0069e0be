import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { systemClock } from '../../lib/base/clock.ts'
import { ConnectedSockets, type Receiver } from '../../lib/native/connected-sockets.ts'
import { listenUdpBatched } from '../../lib/server/udp-batched.ts'
import { library } from './library-under-test.ts'

// Meets a system that refuses, or has little: run in a network, or with limits, that a test has prepared. Writes what came
// of it as JSON.

const sockets = new ConnectedSockets(library)
const silent: Receiver = { take: () => {}, lose: () => {} }
const [task = '', host = '127.0.0.1', port = '53'] = process.argv.slice(2)

const codeOf = (run: () => unknown): string => {
  try {
    run()
    return 'none'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

/** As many as there may be, the error that came then, and whether there may be another once one was let go of. */
function exhaust() {
  const address = sockets.address(host, Number(port))
  const open: number[] = []
  const code = codeOf(() => {
    for (;;) open.push(sockets.ask(address, Buffer.from('x'), silent))
  })
  sockets.letGo(open.pop() ?? -1)
  const after = codeOf(() => open.push(sockets.ask(address, Buffer.from('x'), silent)))
  const { length } = open
  for (const socket of open) sockets.letGo(socket)
  return { open: length, code, after, inUse: sockets.inUse }
}

const TASKS: Readonly<Record<string, () => unknown>> = {
  exhaust,
  ask: () => codeOf(() => sockets.letGo(sockets.ask(sockets.address(host, Number(port)), Buffer.from('x'), silent))),
  // A client of the same host, with the address of one of its links.
  echo: async () => {
    const clients: string[] = []
    const errors: Error[] = []
    const listener = await listenUdpBatched(
      { host, port: 0 },
      {
        library,
        clock: systemClock,
        onError: (error) => void errors.push(error),
        respond: (packet, client) => {
          clients.push(client)
          return packet
        },
      },
    )
    const heard = Promise.withResolvers<string>()
    const receiver = { take: (reply: Buffer) => heard.resolve(reply.toString()), lose: heard.reject }
    const socket = sockets.ask(sockets.address(host, listener.address.port), Buffer.from('hello'), receiver)
    const reply = await heard.promise
    sockets.letGo(socket)
    await listener.close(0)
    return { reply, clients, errors: errors.map(({ message }) => message) }
  },
  // What `node:dgram` calls the client, to compare.
  dgram: async () => {
    const server = createSocket('udp6')
    server.bind(0, host)
    await once(server, 'listening')
    const socket = sockets.ask(sockets.address(host, server.address().port), Buffer.from('hello'), silent)
    const [, from] = (await once(server, 'message')) as [Buffer, { address: string }]
    sockets.letGo(socket)
    server.close()
    return from.address
  },
}

console.log(JSON.stringify(await TASKS[task]?.()))
await sockets.close()
