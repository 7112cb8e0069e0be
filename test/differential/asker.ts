import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { FrameReader, frame } from '../../lib/dns/frame-reader.ts'

const HOST = '127.0.0.1'
const PATIENCE_MS = 1500
const MAX_TRIES = 6
const RECEIVE_OCTETS = 4 * 1024 * 1024
const IDS = 65_536

interface Waiting {
  readonly packet: Buffer
  readonly resolve: (reply: Buffer) => void
  readonly reject: (error: Error) => void
  tries: number
  timer: NodeJS.Timeout | undefined
}

/** Asks one server, many questions at a time: UDP from one socket, again where nothing comes, and TCP on one connection. */
export class Asker implements AsyncDisposable {
  readonly #port: number
  readonly #socket: UdpSocket
  readonly #overUdp = new Map<number, Waiting>()
  readonly #overTcp = new Map<number, Waiting>()
  #connection: Socket | undefined
  #nextId = 0
  /** Queries that were sent once more. */
  readonly repeated = { udp: 0, tcp: 0 }

  private constructor(port: number, socket: UdpSocket) {
    this.#port = port
    this.#socket = socket
    socket.on('message', (reply) => settle(this.#overUdp, reply))
    // A server that is gone is told by the lack of replies.
    socket.on('error', () => {})
  }

  static async open(port: number): Promise<Asker> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_OCTETS })
    socket.connect(port, HOST)
    await once(socket, 'connect')
    return new Asker(port, socket)
  }

  /** The reply to a packet, whose id is chosen here. Rejects if there is none, however often it is asked for. */
  ask(packet: Buffer, overTcp: boolean): Promise<Buffer> {
    const waiting = overTcp ? this.#overTcp : this.#overUdp
    const id = this.#freeId(waiting)
    const asked = Buffer.from(packet)
    asked.writeUInt16BE(id, 0)
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    waiting.set(id, { packet: asked, resolve, reject, tries: 0, timer: undefined })
    this.#send(waiting, id)
    return promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection?.destroy()
    for (const { timer } of [...this.#overUdp.values(), ...this.#overTcp.values()]) clearTimeout(timer)
    await new Promise<void>((closed) => void this.#socket.close(closed))
  }

  #freeId(waiting: ReadonlyMap<number, Waiting>): number {
    do this.#nextId = (this.#nextId + 1) % IDS
    while (waiting.has(this.#nextId))
    return this.#nextId
  }

  #send(waiting: Map<number, Waiting>, id: number): void {
    const one = waiting.get(id)
    if (one === undefined) return
    if (one.tries++ === MAX_TRIES) {
      waiting.delete(id)
      one.reject(new Error('no reply'))
      return
    }
    if (one.tries > 1) this.repeated[waiting === this.#overUdp ? 'udp' : 'tcp']++
    if (waiting === this.#overUdp) this.#socket.send(one.packet)
    else this.#connected().write(frame(one.packet))
    one.timer = setTimeout(() => this.#send(waiting, id), one.tries * PATIENCE_MS)
  }

  // A server may close a connection at any time; what is still due is asked for again on a new one.
  #connected(): Socket {
    if (this.#connection !== undefined && !this.#connection.destroyed) return this.#connection
    const socket = connect({ host: HOST, port: this.#port, noDelay: true })
    const frames = new FrameReader()
    socket.on('data', (chunk: Buffer) => {
      frames.push(chunk)
      for (let reply = frames.next(); reply !== undefined; reply = frames.next()) settle(this.#overTcp, reply)
    })
    socket.on('error', () => socket.destroy()).on('end', () => socket.destroy())
    this.#connection = socket
    return socket
  }
}

function settle(waiting: Map<number, Waiting>, reply: Buffer): void {
  const id = reply.length < 2 ? -1 : reply.readUInt16BE(0)
  const one = waiting.get(id)
  if (one === undefined) return
  waiting.delete(id)
  clearTimeout(one.timer)
  one.resolve(Buffer.from(reply))
}
