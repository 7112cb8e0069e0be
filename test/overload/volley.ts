import type { Library } from '../../lib/native/library.ts'
import { MessageBatch } from '../../lib/native/message-batch.ts'
import { SocketAddresses } from '../../lib/native/socket-address.ts'
import { orThrow, SO_RCVBUF, SocketCalls } from '../../lib/native/socket-calls.ts'
import { type Tally, tally, tookMs } from './tally.ts'

const BATCH = 64
const SLOT_OCTETS = 4160
const IDS = 65_536
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024
const TICK_MS = 1
// More than that at once would be a burst that no client sends.
const MOST_IN_A_TICK = 1024
// Where so long no reply comes, those that were due are lost.
const GIVE_UP_MS = 500
const NOBODY = Buffer.alloc(0)

/** A query of one kind; its id is written into it. */
export interface Shot {
  readonly packet: Buffer
  readonly kind: number
}

interface Options {
  readonly library: Library
  readonly port: number
  /** Where it asks from: one of 127.0.0.0/8. */
  readonly from?: string
  readonly sockets: number
  /** How many kinds there are, which are counted apart. */
  readonly kinds: number
  readonly next: () => Shot
  /** What takes longer counts as lost. */
  readonly limitMs: number
}

interface Sender {
  readonly fd: number
  readonly sentMs: Float64Array
  readonly kinds: Uint8Array
  nextId: number
}

/** Asks much with little: many datagrams in one call, replies counted and not read beyond their header. */
export class Volley implements Disposable {
  readonly tallies: readonly Tally[]
  readonly #options: Options
  readonly #calls: SocketCalls
  readonly #out: MessageBatch
  readonly #in: MessageBatch
  readonly #senders: readonly Sender[]
  #turn = 0
  #outstanding = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: Options) {
    const { library } = options
    this.#options = options
    this.#calls = new SocketCalls(library)
    this.#out = new MessageBatch(library, BATCH, SLOT_OCTETS)
    this.#in = new MessageBatch(library, BATCH, SLOT_OCTETS)
    this.tallies = Array.from({ length: options.kinds }, tally)
    this.#senders = Array.from({ length: options.sockets }, () => this.#open())
  }

  /** An open loop: so many a second, whether those before are answered or not, until `stop`. */
  start(perSecond: number): void {
    const startMs = performance.now()
    let sent = 0
    this.stop()
    this.#timer = setInterval(() => {
      this.#receive()
      const due = Math.floor(((performance.now() - startMs) / 1000) * perSecond)
      // What we were kept from sending is not sent all at once afterwards.
      const now = Math.min(due - sent, MOST_IN_A_TICK)
      for (let left = now; left > 0; left -= BATCH) this.#send(Math.min(left, BATCH))
      sent = due
      this.#receive()
    }, TICK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** A closed loop: so many under way, for so long. How many were answered in a second. */
  async saturate(window: number, seconds: number): Promise<number> {
    const answered = () => this.tallies.reduce((sum, { answered }) => sum + answered, 0)
    const before = answered()
    const startMs = performance.now()
    let progressMs = startMs
    for (let nowMs = startMs; nowMs < startMs + 1000 * seconds; nowMs = performance.now()) {
      if (this.#receive() > 0) progressMs = nowMs
      else if (nowMs - progressMs > GIVE_UP_MS) this.#loseAll()
      for (let left = window - this.#outstanding; left > 0; left -= BATCH) this.#send(Math.min(left, BATCH))
      await new Promise(setImmediate)
    }
    return ((answered() - before) * 1000) / (performance.now() - startMs)
  }

  /** Waits for the replies that are due; what does not come is lost. */
  async settle(): Promise<void> {
    const untilMs = performance.now() + this.#options.limitMs
    while (this.#waiting() > 0 && performance.now() < untilMs) {
      await new Promise((done) => setTimeout(done, TICK_MS))
      this.#receive()
    }
    this.#loseAll()
  }

  [Symbol.dispose](): void {
    this.stop()
    for (const { fd } of this.#senders) this.#calls.close(fd)
  }

  #open(): Sender {
    const { library, port, from = '127.0.0.1' } = this.#options
    const addresses = new SocketAddresses(library)
    const server = addresses.parse('127.0.0.1', port)
    const fd = orThrow('socket', this.#calls.open(server.family))
    orThrow('setsockopt', this.#calls.setOption(fd, SO_RCVBUF, RECEIVE_BUFFER_OCTETS))
    orThrow('bind', this.#calls.bind(fd, addresses.parse(from, 0)))
    orThrow('connect', this.#calls.connect(fd, server))
    return { fd, sentMs: new Float64Array(IDS), kinds: new Uint8Array(IDS), nextId: 0 }
  }

  #send(count: number): void {
    const sender = this.#senders[this.#turn++ % this.#senders.length] as Sender
    const nowMs = performance.now()
    for (let i = 0; i < count; i++) {
      const { packet, kind } = this.#options.next()
      const id = sender.nextId
      sender.nextId = (id + 1) % IDS
      if ((sender.sentMs[id] as number) > 0) this.#lose(sender, id)
      packet.writeUInt16BE(id, 0)
      this.#out.put(i, packet, NOBODY)
      sender.sentMs[id] = nowMs
      sender.kinds[id] = kind
      ;(this.tallies[kind] as Tally).asked++
    }
    this.#outstanding += count
    let sent = 0
    while (sent < count) {
      const now = this.#calls.sendBatch(sender.fd, this.#out, sent, count)
      // What cannot be sent counts as lost: nobody is there, or our own buffer is full.
      sent += Math.max(now, 1)
    }
  }

  #receive(): number {
    let all = 0
    for (const sender of this.#senders) {
      for (;;) {
        const count = this.#calls.receiveBatch(sender.fd, this.#in)
        if (count <= 0) break
        const nowMs = performance.now()
        for (let i = 0; i < count; i++) this.#take(sender, this.#in.received(i), nowMs)
        this.#in.expect(count)
        all += count
        if (count < BATCH) break
      }
    }
    return all
  }

  #take(sender: Sender, reply: Buffer, nowMs: number): void {
    const id = reply.readUInt16BE(0)
    const sentMs = sender.sentMs[id] as number
    if (sentMs === 0) return
    if (nowMs - sentMs > this.#options.limitMs) return this.#lose(sender, id)
    sender.sentMs[id] = 0
    this.#outstanding--
    tookMs(this.tallies[sender.kinds[id] as number] as Tally, nowMs - sentMs, (reply[3] as number) & 0xf)
  }

  #loseAll(): void {
    for (const sender of this.#senders) {
      for (const [id, sentMs] of sender.sentMs.entries()) if (sentMs > 0) this.#lose(sender, id)
    }
  }

  #lose(sender: Sender, id: number): void {
    sender.sentMs[id] = 0
    this.#outstanding--
    ;(this.tallies[sender.kinds[id] as number] as Tally).lost++
  }

  #waiting(): number {
    return this.#senders.reduce((sum, { sentMs }) => sum + sentMs.reduce((all, ms) => all + Number(ms > 0), 0), 0)
  }
}
