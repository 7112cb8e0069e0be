import type { Socket } from 'node:net'
import { FLAG, HEADER_OCTETS } from '../../dns/constants.ts'
import { FrameReader, frame } from '../../dns/frame-reader.ts'
import { Alarm } from './alarm.ts'
import type { Connector } from './connector.ts'
import { isReply } from './is-reply.ts'
import { padded } from './padding.ts'
import type { ConnectionOwner } from './connection-owner.ts'
import type { Place, StreamQuestion } from './stream-question.ts'

// Ids of questions that nobody waits for any more, but whose replies may still come.
const MAX_ABANDONED = 1024

/** One connection to a server: questions are pipelined, replies come in any order (RFC 7766 §6.2.1.1). */
export class StreamConnection {
  /** In the order of opening, from 1. */
  readonly number: number
  readonly #label: string
  readonly #encode: (query: Buffer) => Buffer
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #frames = new FrameReader()
  /** Questions by the id that they have here, the oldest first. */
  readonly #underWay = new Map<number, Place>()
  readonly #abandoned = new Set<number>()
  #state: 'opening' | 'ready' | 'ended' = 'opening'
  #isCorked = false
  replies = 0
  /** When the last reply came, or the first question after a rest was written. */
  #quietSinceMs: number
  readonly #alarm: Alarm

  constructor(number: number, connector: Connector, owner: ConnectionOwner) {
    this.number = number
    this.#owner = owner
    this.#label = connector.label
    this.#encode = connector.isEncrypted ? padded : (query) => query
    this.#quietSinceMs = owner.clock.now()
    this.#alarm = new Alarm(owner.clock, () => this.#look())
    this.#alarm.ringBy(this.#quietSinceMs + owner.times.connectTimeoutMs)
    this.#socket = connector.connect(() => this.#open())
    this.#socket
      .on('error', (error) => this.end(connector.explain(error)))
      .on('end', () => this.end(this.#closedByServer()))
      .on('close', () => this.end(this.#closedByServer()))
      .on('data', (chunk: Buffer) => this.#read(chunk))
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** Questions under way. */
  get load(): number {
    return this.#underWay.size
  }

  /** Whether it can carry no more, apart from its load. */
  get isWornOut(): boolean {
    return this.#abandoned.size >= MAX_ABANDONED
  }

  /** Whether something waits here for longer than it should: the rest may have to wait behind it. */
  isSlow(nowMs: number): boolean {
    if (!this.#isOwed) return false
    const sinceMs = nowMs - this.#owner.patienceMs()
    if (this.#quietSinceMs <= sinceMs) return true
    for (const oldest of this.#underWay.values()) return oldest.askedAtMs <= sinceMs
    return false
  }

  /** Whether nothing at all has come for longer than a reply should take. */
  isHeldUp(nowMs: number): boolean {
    return this.#isOwed && this.#quietSinceMs <= nowMs - this.#owner.patienceMs()
  }

  /** Whether it has had nothing to do for longer than a reply should take. */
  hasRested(nowMs: number): boolean {
    return !this.#isOwed && this.#quietSinceMs <= nowMs - this.#owner.patienceMs()
  }

  get #isOwed(): boolean {
    return this.#underWay.size > 0 || this.#abandoned.size > 0
  }

  ask(question: StreamQuestion): void {
    const nowMs = this.#owner.clock.now()
    if (!this.#isOwed) {
      this.#quietSinceMs = nowMs
      this.#alarm.ringBy(nowMs + this.#owner.patienceMs())
    }
    const wireId = this.#freeId(question.bytes.readUInt16BE(0))
    const place = { question, connection: this, wireId, askedAtMs: nowMs }
    this.#underWay.set(wireId, place)
    question.places.push(place)
    const octets = frame(this.#encode(question.bytes))
    octets.writeUInt16BE(wireId, 2)
    this.#write(octets)
  }

  /** Nobody waits for the reply with this id any more. The id stays taken until that has come. */
  abandon(wireId: number): void {
    if (this.#underWay.delete(wireId)) this.#abandoned.add(wireId)
  }

  /** The questions that wait behind the oldest one, as far as they wait nowhere else. */
  get followers(): StreamQuestion[] {
    const [, ...behind] = this.#underWay.values()
    return behind.map(({ question }) => question).filter(({ places }) => places.length === 1)
  }

  /** Closes it at once, for this reason. */
  end(error: Error): void {
    if (this.#state === 'ended') return
    const wasReady = this.#state === 'ready'
    this.#state = 'ended'
    this.#alarm.cancel()
    this.#socket.destroy()
    const { counters } = this.#owner
    const left = [...this.#underWay.values()]
    this.#underWay.clear()
    for (const place of left) place.question.leave(place)
    const unanswered = left.map(({ question }) => question).filter(({ places }) => places.length === 0)
    if (!wasReady) counters.connectionsFailed++
    else if (left.length > 0) counters.connectionsClosedEarly++
    this.#owner.onEnd(this, unanswered, error)
  }

  #closedByServer(): Error {
    const when = this.#state === 'opening' ? 'before a question could be sent' : 'without a reply'
    return new Error(`${this.#label} closed the connection ${when}`)
  }

  #open(): void {
    if (this.#state !== 'opening') return
    this.#state = 'ready'
    this.#alarm.cancel()
    this.#quietSinceMs = this.#owner.clock.now()
    this.#look()
    this.#owner.counters.connectionsOpened++
    this.#owner.onReady(this)
  }

  // Looks whether it has been quiet for too long, and again when it next may have been.
  #look(): void {
    const quietMs = this.#owner.clock.now() - this.#quietSinceMs
    if (this.#state === 'opening') {
      const what = this.#socket.connecting ? 'connection' : 'TLS handshake'
      this.end(new Error(`${this.#label}: no ${what} within ${this.#owner.times.connectTimeoutMs / 1000} s`))
    } else if (this.#isOwed) this.#lookAtBusy(quietMs)
    else this.#lookAtIdle(quietMs)
  }

  #lookAtBusy(quietMs: number): void {
    const { times, patienceMs, onHeldUp } = this.#owner
    if (quietMs >= times.silenceMs)
      return this.end(new Error(`${this.#label}: nothing came for ${times.silenceMs / 1000} s`))
    const isHeldUp = quietMs >= patienceMs()
    this.#lookAfter(isHeldUp ? Math.min(quietMs + patienceMs(), times.silenceMs) : patienceMs())
    if (isHeldUp) onHeldUp(this)
  }

  #lookAtIdle(quietMs: number): void {
    const { times, patienceMs, onRest } = this.#owner
    if (quietMs >= times.idleMs) return this.end(new Error(`${this.#label}: nothing to do`))
    const hasRested = quietMs >= patienceMs()
    this.#lookAfter(hasRested ? times.idleMs : Math.min(patienceMs(), times.idleMs))
    if (hasRested) onRest(this)
  }

  #lookAfter(quietMs: number): void {
    this.#alarm.ringBy(this.#quietSinceMs + quietMs)
  }

  // An id that may still be in use here gives way to the next one that is free.
  #freeId(wanted: number): number {
    let id = wanted
    while (this.#underWay.has(id) || this.#abandoned.has(id)) id = (id + 1) & 0xffff
    return id
  }

  // What is written until the loop comes round leaves in one piece.
  #write(octets: Buffer): void {
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#socket.cork()
      setImmediate(() => {
        this.#isCorked = false
        this.#socket.uncork()
      })
    }
    this.#socket.write(octets)
  }

  #read(chunk: Buffer): void {
    this.#frames.push(chunk)
    for (let reply = this.#frames.next(); reply !== undefined; reply = this.#frames.next()) {
      if (reply.length < HEADER_OCTETS || (reply.readUInt16BE(2) & FLAG.QR) === 0) {
        this.#owner.counters.mismatches++
        return this.end(new Error(`${this.#label} sent what is no DNS reply`))
      }
      this.#take(reply)
      if (this.#state === 'ended') return
    }
  }

  #take(reply: Buffer): void {
    const wireId = reply.readUInt16BE(0)
    const nowMs = this.#owner.clock.now()
    if (this.#abandoned.delete(wireId)) {
      this.#quietSinceMs = nowMs
      return
    }
    const place = this.#underWay.get(wireId)
    if (place === undefined || !isReply(reply, place.question.bytes, wireId, false)) {
      this.#owner.counters.mismatches++
      return
    }
    this.#quietSinceMs = nowMs
    this.replies++
    this.#underWay.delete(wireId)
    const { question, askedAtMs } = place
    for (const other of question.places) other.connection.abandon(other.wireId)
    reply.writeUInt16BE(question.bytes.readUInt16BE(0), 0)
    question.resolve(reply)
    this.#owner.onReply(this, nowMs - askedAtMs)
  }
}
