import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import packet from 'dns-packet'
import { RCODE } from '../../lib/dns/constants.ts'
import { EDE, EDE_OPTION } from '../../lib/dns/extended-error.ts'
import { ednsQuery } from '../helpers/steady-load.ts'

const TICK_MS = 1
const SOCKETS = 8
const IDS = 65_536
const BUFFER_OCTETS = 1 << 20

/** How long a client waits, if nothing else is said. */
export const LIMIT_MS = 2000

/** One query, and what became of it. */
export interface Asked {
  readonly name: string
  /** When it was to be sent. Whatever kept it from being sent is part of how long it took. */
  readonly dueMs: number
  /** By how much we were late to send it. */
  readonly lateMs: number
  /** Until the reply, if there was one in time. */
  tookMs?: number
  rcode?: number
  /** Last octet of the address that was answered. */
  octet?: number
  isStale?: boolean
  ttlSeconds?: number
}

export const isAnswered = ({ rcode, octet }: Asked): boolean => rcode === RCODE.NOERROR && octet !== undefined

interface Options {
  readonly port: number
  readonly perSecond: number
  readonly nameOf: (i: number) => string
  /** It asks so many and no more. */
  readonly most?: number
  /** What comes later is lost. */
  readonly limitMs?: number
}

/**
 * An open loop: queries over UDP at a fixed rate, each at its own time, whether the ones before are answered or not. None
 * is sent again.
 */
export class Load implements AsyncDisposable {
  readonly asked: Asked[] = []
  readonly #options: Options
  readonly #sockets: readonly Socket[]
  readonly #waiting = new Map<number, Asked>()
  readonly #startedMs = performance.now()
  readonly #timer: NodeJS.Timeout
  #isClosed = false

  private constructor(sockets: readonly Socket[], options: Options) {
    this.#sockets = sockets
    this.#options = options
    for (const socket of sockets) {
      socket.on('message', (reply) => this.#take(reply))
      // Nobody listens there: the query is lost.
      socket.on('error', () => {})
    }
    this.#timer = setInterval(() => this.#send(), TICK_MS)
  }

  static async start(options: Options): Promise<Load> {
    const sockets = Array.from({ length: SOCKETS }, () => createSocket({ type: 'udp4', recvBufferSize: BUFFER_OCTETS }))
    for (const socket of sockets) socket.connect(options.port, '127.0.0.1')
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    return new Load(sockets, options)
  }

  /** Asks no more, and waits for the replies that are due. */
  async stop(): Promise<readonly Asked[]> {
    clearInterval(this.#timer)
    const untilMs = performance.now() + (this.#options.limitMs ?? LIMIT_MS)
    while (this.#waiting.size > 0 && performance.now() < untilMs) await sleep(TICK_MS)
    await this[Symbol.asyncDispose]()
    return this.asked
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    if (this.#isClosed) return
    this.#isClosed = true
    await Promise.all(this.#sockets.map((socket) => new Promise<void>((closed) => void socket.close(closed))))
  }

  #send(): void {
    const { perSecond, nameOf, most = Number.POSITIVE_INFINITY } = this.#options
    const gapMs = 1000 / perSecond
    const nowMs = performance.now()
    for (;;) {
      const i = this.asked.length
      const dueMs = this.#startedMs + i * gapMs
      if (dueMs > nowMs || i >= most) return
      const asked: Asked = { name: nameOf(i), dueMs, lateMs: nowMs - dueMs }
      this.asked.push(asked)
      this.#waiting.set(i % IDS, asked)
      this.#sockets[i % SOCKETS]?.send(ednsQuery(`${asked.name} A`, i % IDS))
    }
  }

  #take(reply: Buffer): void {
    const id = reply.readUInt16BE(0)
    const asked = this.#waiting.get(id)
    if (asked === undefined) return
    const tookMs = performance.now() - asked.dueMs
    const { answers = [], additionals = [] } = packet.decode(reply)
    const [answer] = answers
    if (tookMs > (this.#options.limitMs ?? LIMIT_MS) || (answer !== undefined && answer.name !== asked.name)) return
    this.#waiting.delete(id)
    asked.tookMs = tookMs
    asked.rcode = (reply[3] as number) & 0xf
    asked.isStale = additionals.some(
      (record) => record.type === 'OPT' && (record.options as readonly Option[]).some(isStale),
    )
    if (answer?.type !== 'A') return
    asked.octet = Number(answer.data.split('.')[3])
    asked.ttlSeconds = answer.ttl ?? 0
  }
}

interface Option {
  readonly code: number
  readonly data: Buffer
}

const isStale = ({ code, data }: Option): boolean => code === EDE_OPTION && data.readUInt16BE(0) === EDE.STALE
