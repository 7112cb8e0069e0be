import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import packet from 'dns-packet'
import { FrameReader, frame } from '../../../lib/dns/frame-reader.ts'

interface Options {
  readonly host?: string
  /** Any that is free, unless given. */
  readonly port?: number
  /** What every name has; each server has its own, so that an answer tells who gave it. */
  readonly address: string
  readonly ttlSeconds?: number
  /** Changes a reply before it is sent over UDP. */
  readonly overUdp?: (reply: Buffer) => Buffer
}

/** A question that came. */
export interface Asked {
  /** As it was spelled. */
  readonly name: string
  readonly transport: 'udp' | 'tcp'
  readonly fromPort: number
}

const SAME_PORT_TRIES = 20
// What an upstream is looked at with is nothing that a client asked for.
const IS_PROBE = /^[0-9a-f]{32}\.|^\.?$/i

/** A name server on UDP and TCP of one loopback port that knows one address for every name. */
export class NameServer implements AsyncDisposable {
  readonly host: string
  readonly address: string
  /** Questions of clients, in order. */
  readonly asked: Asked[] = []
  /** Connections that were taken so far. */
  connections = 0
  #released = Promise.resolve()
  readonly #open = new Set<Socket>()
  readonly #tcp: Server
  readonly #udp: UdpSocket
  readonly #options: Options

  private constructor(options: Options) {
    this.#options = options
    this.host = options.host ?? '127.0.0.1'
    this.address = options.address
    this.#tcp = createServer((socket) => this.#take(socket))
    this.#udp = createSocket(this.host.includes(':') ? 'udp6' : 'udp4')
    this.#udp.on('message', (query, { address, port }) => {
      void this.#answer(query, 'udp', port).then((reply) => this.#udp.send(reply, port, address, () => {}))
    })
  }

  static async start(options: Options): Promise<NameServer> {
    const server = new NameServer(options)
    await server.#listen(options.port ?? 0)
    return server
  }

  get port(): number {
    return (this.#tcp.address() as AddressInfo).port
  }

  /** As it is written in a configuration. */
  get place(): string {
    return `${this.host}:${this.port}`
  }

  /** Connections that are open now: the other end has not said that it is done. */
  get openConnections(): number {
    return this.#open.size
  }

  /** How often a name was asked for, however it was spelled. */
  timesAsked(name: string): number {
    return this.asked.filter((one) => one.name.toLowerCase() === name).length
  }

  /** From now on replies wait, until what is returned is called. */
  hold(): () => void {
    const gate = Promise.withResolvers<void>()
    this.#released = gate.promise
    return () => gate.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    if (!this.#tcp.listening) return
    await new Promise((closed) => this.#tcp.close(closed))
    this.#udp.close()
  }

  // The system chooses a port for TCP, which may be taken for UDP: then another.
  async #listen(port: number): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        this.#tcp.listen(port, this.host)
        await once(this.#tcp, 'listening')
        this.#udp.bind(this.port, this.host)
        await once(this.#udp, 'listening')
        return
      } catch (error) {
        if (this.#tcp.listening) await new Promise((closed) => this.#tcp.close(closed))
        if (port === 0 && tries < SAME_PORT_TRIES && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue
        this.#udp.close()
        throw error
      }
    }
  }

  #take(socket: Socket): void {
    this.connections++
    this.#open.add(socket)
    const gone = () => void this.#open.delete(socket)
    socket.on('error', () => socket.destroy()).once('end', gone)
    socket.once('close', gone)
    const frames = new FrameReader()
    socket.on('data', (chunk: Buffer) => {
      frames.push(chunk)
      for (let query = frames.next(); query !== undefined; query = frames.next()) {
        void this.#answer(query, 'tcp', socket.remotePort ?? 0).then(
          (reply) => socket.writable && socket.write(frame(reply)),
        )
      }
    })
  }

  async #answer(query: Buffer, transport: Asked['transport'], fromPort: number): Promise<Buffer> {
    const { id = 0, questions = [] } = packet.decode(query)
    const name = questions[0]?.name ?? ''
    if (!IS_PROBE.test(name)) {
      this.asked.push({ name, transport, fromPort })
      await this.#released
    }
    const { address, ttlSeconds = 300, overUdp = (reply) => reply } = this.#options
    const answers = questions
      .filter(({ type }) => type === 'A')
      .map((question) => ({ type: 'A' as const, name: question.name, ttl: ttlSeconds, data: address }))
    const reply = packet.encode({ type: 'response', id, flags: packet.RECURSION_AVAILABLE, questions, answers })
    return transport === 'udp' ? overUdp(reply) : reply
  }
}
