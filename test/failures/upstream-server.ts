/**
 * A name server that fails as it is told: a process of its own, so that nobody else's work is in its times. It answers
 * type A of every name, over UDP and TCP or TLS; its parent tells it how over IPC, and asks what came.
 */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { HEADER_OCTETS, RCODE } from '../../lib/dns/constants.ts'
import { FrameReader, frame } from '../../lib/dns/frame-reader.ts'

const HOST = '127.0.0.1'
const TTL_SECONDS = 60
const OPEN_TRIES = 50
const OPEN_PAUSE_MS = 20

export interface Behaviour {
  readonly answers: 'data' | 'nothing' | 'SERVFAIL' | 'REFUSED' | 'another id'
  readonly delayMs: number
  /** False: its port is closed, and so are the connections. */
  readonly isOpen: boolean
  /** Last octet of the address that it answers: who it was, or which version of the data. */
  readonly octet: number
}

export interface Setup {
  /** 0: any that is free. */
  readonly port: number
  /** Makes its TCP port one of TLS. */
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly behaviour: Behaviour
}

/** Queries that came since the start. */
export interface Counts {
  readonly udp: number
  readonly tcp: number
}

export type Told = { readonly setup: Setup } | { readonly behave: Partial<Behaviour> } | { readonly count: true }
export type Report = Counts & { readonly port: number }

class UpstreamServer {
  readonly #tls: Setup['tls']
  readonly #connections = new Set<Socket>()
  #behaviour: Behaviour
  #port: number
  #udp: UdpSocket | undefined
  #tcp: Server | undefined
  #counts = { udp: 0, tcp: 0 }

  constructor({ port, tls, behaviour }: Setup) {
    this.#port = port
    this.#tls = tls
    this.#behaviour = behaviour
  }

  get report(): Report {
    return { ...this.#counts, port: this.#port }
  }

  async behave(change: Partial<Behaviour>): Promise<void> {
    this.#behaviour = { ...this.#behaviour, ...change }
    if (this.#behaviour.isOpen) await this.#open()
    else await this.#close()
  }

  // The port may be somebody's for a moment: a client's, or over the other protocol.
  async #open(): Promise<void> {
    for (let tries = 1; this.#udp === undefined; tries++) {
      try {
        await this.#listen()
      } catch (error) {
        await this.#close()
        if (tries === OPEN_TRIES) throw error
        await new Promise((done) => setTimeout(done, OPEN_PAUSE_MS))
      }
    }
  }

  async #listen(): Promise<void> {
    const serve = (socket: Socket) => this.#serve(socket)
    const tcp = this.#tls === undefined ? createServer(serve) : createTlsServer(this.#tls, serve)
    tcp.on('tlsClientError', () => {})
    this.#tcp = tcp
    tcp.listen(this.#port, HOST)
    await once(tcp, 'listening')
    const port = (tcp.address() as { port: number }).port
    const udp = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
    udp.bind(port, HOST)
    await once(udp, 'listening')
    udp.on('error', () => {})
    udp.on('message', (query, from) => this.#takeUdp(udp, query, from))
    this.#udp = udp
    this.#port = port
  }

  async #close(): Promise<void> {
    const tcp = this.#tcp
    this.#udp?.close()
    this.#udp = undefined
    this.#tcp = undefined
    for (const socket of this.#connections) socket.destroy()
    if (tcp?.listening === true) await new Promise((closed) => tcp.close(closed))
  }

  #takeUdp(socket: UdpSocket, query: Buffer, from: RemoteInfo): void {
    this.#counts.udp++
    this.#reply(query, 'udp', (reply) => {
      if (socket === this.#udp) socket.send(reply, from.port, from.address)
    })
  }

  #serve(socket: Socket): void {
    const frames = new FrameReader()
    this.#connections.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#connections.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      frames.push(chunk)
      for (let query = frames.next(); query !== undefined; query = frames.next()) {
        this.#counts.tcp++
        this.#reply(query, 'tcp', (reply) => socket.writable && socket.write(frame(reply)))
      }
    })
  }

  #reply(query: Buffer, transport: 'udp' | 'tcp', send: (reply: Buffer) => void): void {
    const { answers, delayMs } = this.#behaviour
    if (answers === 'nothing') return
    const reply = replyTo(query, this.#behaviour)
    if (answers === 'another id' && transport === 'udp') reply.writeUInt16BE(reply.readUInt16BE(0) ^ 0x5555, 0)
    if (delayMs === 0) send(reply)
    else setTimeout(() => send(reply), delayMs)
  }
}

/** The question and one address, or a failure. A name that begins with `t17-` has a TTL of 17 s. */
function replyTo(query: Buffer, { answers, octet }: Behaviour): Buffer {
  let end = HEADER_OCTETS
  while ((query[end] ?? 0) !== 0) end += 1 + (query[end] ?? 0)
  const question = query.subarray(HEADER_OCTETS, end + 5)
  const hasData = answers === 'data' || answers === 'another id'
  const header = Buffer.from(query.subarray(0, HEADER_OCTETS))
  header.writeUInt16BE(0x8180 | (hasData ? RCODE.NOERROR : RCODE[answers as 'SERVFAIL' | 'REFUSED']), 2)
  header.writeUInt16BE(hasData ? 1 : 0, 6)
  header.writeUInt32BE(0, 8)
  if (!hasData) return Buffer.concat([header, question])
  const record = Buffer.from([0xc0, HEADER_OCTETS, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, octet])
  record.writeUInt32BE(ttlOf(question), 6)
  return Buffer.concat([header, question, record])
}

function ttlOf(question: Buffer): number {
  const label = question.toString('latin1', 1, 1 + (question[0] ?? 0))
  const seconds = /^t(\d+)-/i.exec(label)?.[1]
  return seconds === undefined ? TTL_SECONDS : Number(seconds)
}

let server: UpstreamServer | undefined

async function take(told: Told): Promise<void> {
  if ('setup' in told) {
    server = new UpstreamServer(told.setup)
    await server.behave({})
  }
  if ('behave' in told) await server?.behave(told.behave)
  process.send?.(server?.report)
}

process.on('message', (told: Told) => void take(told))
process.on('disconnect', () => process.exit(0))
