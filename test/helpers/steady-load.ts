import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import packet from 'dns-packet'
import { EDE_OPTION } from '../../lib/dns/extended-error.ts'
import { TYPE } from '../../lib/dns/constants.ts'
import { answerOf } from './asked.ts'
import type { Server } from './dns-client.ts'
import { eventually } from './eventually.ts'
import { queryPacket } from './packets.ts'

const TICK_MS = 5
const PATIENCE_MS = 5000 // a reply that is not there by then is lost
const IDS = 65_536
const KEPT_WRONG = 10
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024

/** What is asked again and again, as `name TYPE`, and what may be answered. */
export type Expectations = Readonly<Record<string, readonly (readonly string[])[]>>

interface Options {
  readonly perSecond: number
  /** It stops by itself then. */
  readonly maxSeconds: number
  readonly expected: Expectations
}

export interface LoadResult {
  readonly asked: number
  readonly lost: number
  readonly servfail: number
  /** Answers that are none of those that may be, SERVFAIL not counted. */
  readonly wrong: number
  /** The first of them. */
  readonly examples: readonly string[]
  readonly longestMs: number
}

/** The reply to one query with EDNS: rcode and answer as lines, and the extended errors (RFC 8914) as `code text`. */
export interface ReadReply {
  readonly answer: readonly string[]
  readonly extendedErrors: readonly string[]
}

/**
 * Queries at a steady rate, whether the ones before are answered or not, so that waiting shows. Each reply is judged.
 */
export class SteadyLoad implements AsyncDisposable {
  readonly #socket: Socket
  readonly #options: Options
  readonly #questions: readonly { readonly text: string; readonly query: Buffer }[]
  readonly #waiting = new Map<number, { readonly question: string; readonly sentMs: number }>()
  readonly #startedMs = performance.now()
  readonly #timer: NodeJS.Timeout
  readonly #examples: string[] = []
  #asked = 0
  #answered = 0
  #lost = 0
  #servfail = 0
  #wrong = 0
  #longestMs = 0
  #isClosed = false

  private constructor(socket: Socket, options: Options) {
    this.#socket = socket
    this.#options = options
    this.#questions = Object.keys(options.expected).map((text) => ({ text, query: ednsQuery(text, 0) }))
    socket.on('message', (reply) => this.#take(reply))
    // Nobody listens there; the queries count as lost.
    socket.on('error', () => {})
    this.#timer = setInterval(() => this.#send(), TICK_MS)
  }

  static async start({ host, port }: Server, options: Options): Promise<SteadyLoad> {
    // Room for what comes at once when this process had to wait for its turn.
    const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_OCTETS })
    socket.connect(port, host)
    await once(socket, 'connect')
    return new SteadyLoad(socket, options)
  }

  /** Waits for so many more replies. */
  async more(replies: number): Promise<void> {
    const goal = this.#answered + replies
    await eventually(() => {
      if (this.#answered < goal) throw new Error(`${goal - this.#answered} replies are missing`)
    }, PATIENCE_MS * 4)
  }

  /** Asks no more, and waits for the replies that are due. */
  async stop(): Promise<LoadResult> {
    clearInterval(this.#timer)
    const untilMs = performance.now() + PATIENCE_MS
    while (this.#waiting.size > 0 && performance.now() < untilMs) await sleep(TICK_MS)
    this.#lost += this.#waiting.size
    await this[Symbol.asyncDispose]()
    return {
      asked: this.#asked,
      lost: this.#lost,
      servfail: this.#servfail,
      wrong: this.#wrong,
      examples: this.#examples,
      longestMs: this.#longestMs,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    if (this.#isClosed) return
    this.#isClosed = true
    await new Promise<void>((closed) => void this.#socket.close(closed))
  }

  #send(): void {
    const { perSecond, maxSeconds } = this.#options
    const seconds = Math.min(maxSeconds, (performance.now() - this.#startedMs) / 1000)
    for (const due = Math.floor(seconds * perSecond); this.#asked < due; this.#asked++) {
      const { text, query } = this.#questions[this.#asked % this.#questions.length] as { text: string; query: Buffer }
      const id = this.#asked % IDS
      // The last one with this id was asked long ago.
      if (this.#waiting.has(id)) this.#lost++
      this.#waiting.set(id, { question: text, sentMs: performance.now() })
      const octets = Buffer.from(query)
      octets.writeUInt16BE(id, 0)
      this.#socket.send(octets)
    }
  }

  #take(reply: Buffer): void {
    const id = reply.readUInt16BE(0)
    const asked = this.#waiting.get(id)
    if (asked === undefined) return
    this.#waiting.delete(id)
    this.#answered++
    this.#longestMs = Math.max(this.#longestMs, performance.now() - asked.sentMs)
    const got = answerOf(reply)
    if (this.#options.expected[asked.question]?.some((lines) => isSame(lines, got)) === true) return
    if (got[0] === 'SERVFAIL') this.#servfail++
    else this.#wrong++
    if (this.#examples.length < KEPT_WRONG) this.#examples.push(`${asked.question}: ${got.join(', ')}`)
  }
}

/** A query with EDNS, to which extended errors are told. */
export function ednsQuery(question: string, id: number): Buffer {
  const [name = '', type = 'A'] = question.split(' ')
  return queryPacket(name, { type: TYPE[type as keyof typeof TYPE], id, edns: {} })
}

export function readReply(reply: Buffer): ReadReply {
  const opt = packet.decode(reply).additionals?.find((record) => record.type === 'OPT')
  const extendedErrors: string[] = []
  for (const { code, data } of (opt?.options ?? []) as readonly { code: number; data: Buffer }[]) {
    if (code === EDE_OPTION) extendedErrors.push(`${data.readUInt16BE(0)} ${data.subarray(2).toString()}`)
  }
  return { answer: answerOf(reply), extendedErrors }
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, i) => line === b[i])
