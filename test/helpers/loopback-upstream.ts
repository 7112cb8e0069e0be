import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { FrameReader, frame } from '../../lib/dns/frame-reader.ts'

/** What to do with a query: replies to send, at once or later. */
export type Behaviour = (query: Buffer, transport: 'udp' | 'tcp') => readonly Buffer[] | Promise<readonly Buffer[]>

export interface LoopbackUpstream extends AsyncDisposable {
  readonly port: number
  readonly host: string
  /** Queries that came, in order, and where each came from. */
  readonly asked: { readonly query: Buffer; readonly transport: 'udp' | 'tcp'; readonly fromPort: number }[]
  /** Sends to whoever asked last over UDP, from another socket than the one that was asked. */
  forge(reply: Buffer): Promise<void>
}

const SAME_PORT_TRIES = 20

/** A name server on UDP and TCP of one loopback port that does as it is told. */
export async function loopbackUpstream(behave: Behaviour, host = '127.0.0.1'): Promise<LoopbackUpstream> {
  const asked: LoopbackUpstream['asked'] = []
  const sockets = new Set<Socket>()
  let last: RemoteInfo | undefined
  let isClosed = false
  const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  udp.on('message', (query, from) => {
    last = from
    asked.push({ query, transport: 'udp', fromPort: from.port })
    void Promise.resolve(behave(query, 'udp')).then((replies) =>
      replies.map((reply) => isClosed || udp.send(reply, from.port, from.address)),
    )
  })
  const tcp = createServer((socket) => {
    sockets.add(socket)
    const frames = new FrameReader()
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      frames.push(chunk)
      for (let query = frames.next(); query !== undefined; query = frames.next()) {
        asked.push({ query, transport: 'tcp', fromPort: socket.remotePort ?? 0 })
        void Promise.resolve(behave(query, 'tcp')).then((replies) => replies.map((reply) => socket.write(frame(reply))))
      }
    })
  })
  const port = await listenOnBoth(tcp, udp, host)
  return {
    port,
    host,
    asked,
    forge: async (reply) => {
      const other = createSocket('udp4')
      await new Promise((sent) => other.send(reply, last?.port ?? 0, host, sent))
      other.close()
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      for (const socket of sockets) socket.destroy()
      udp.close()
      await new Promise((closed) => tcp.close(closed))
    },
  }
}

// The system chooses a port for TCP, which may be taken for UDP: then another. What could not be bound is let go of,
// or it would keep the process of the tests alive.
async function listenOnBoth(tcp: Server, udp: UdpSocket, host: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    tcp.listen(0, host)
    await once(tcp, 'listening')
    const { port } = tcp.address() as AddressInfo
    udp.bind(port, host)
    try {
      await once(udp, 'listening')
      return port
    } catch (error) {
      await new Promise((closed) => tcp.close(closed))
      if (tries < SAME_PORT_TRIES && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue
      udp.close()
      throw error
    }
  }
}
