import type { Socket } from 'node:net'
import { FrameReader } from '../dns/frame-reader.ts'
import type { Carrier } from './carrier.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import type { FairTurns } from './fair-turns.ts'
import { Outbox } from './outbox.ts'
import type { Respond } from './responder.ts'
import type { RightOfWay } from './right-of-way.ts'
import type { Occupant, Phase, Seat } from './seat.ts'
import type { SendBuffer } from './send-buffer.ts'

const QUERIES_AT_ONCE = 8 // then another connection has its turn

export interface ConnectionOptions {
  readonly respond: Respond
  readonly carrier: Carrier
  readonly turns: FairTurns
  readonly rightOfWay: RightOfWay
  readonly sending: SendBuffer
  readonly limits: Pick<ConnectionLimits, 'maxPipelined' | 'maxUnsentOctets'>
}

/** One connection: queries may be pipelined, replies leave as they are ready (RFC 7766 §6.2.1.1). */
export class Connection implements Occupant {
  readonly #socket: Socket
  readonly #seat: Seat
  readonly #options: ConnectionOptions
  readonly #frames = new FrameReader()
  readonly #outbox: Outbox
  #inFlight = 0
  /** Whether queries may lie unread that have come in. */
  #isBehind = false
  /** Whether its turn will come. */
  #isQueued = false
  #isPaused = false
  /** Whether nothing that comes is read any more. */
  #isDeaf = false
  /** Pieces that came in. */
  #heard = 0
  /** Whether it ends as soon as nothing more comes. */
  #isFinishing = false
  /** Whether it ends as soon as all is answered. */
  #isEnding = false
  #hasEnded = false

  constructor(socket: Socket, seat: Seat, options: ConnectionOptions) {
    this.#socket = socket
    this.#seat = seat
    this.#options = options
    const { carrier, turns, sending } = options
    this.#outbox = new Outbox({
      socket,
      isEncrypted: carrier.isEncrypted,
      turns,
      sending,
      onUnsent: (octets) => seat.unsent(octets),
      onTaken: () => this.#hasSent(),
    })
    socket
      .on('data', (chunk: Buffer) => this.#take(chunk))
      .on('end', () => this.#endWhenDone())
      .on('error', () => this.cut())
  }

  /** Answers what has come in, and closes. */
  finish(): void {
    this.#isFinishing = true
    this.#endWhenQuiet()
  }

  // What the system, or TLS, holds for us is read within a turn.
  #endWhenQuiet(): void {
    if (this.#isBehind || this.#isEnding) return
    const heard = this.#heard
    setImmediate(() =>
      setImmediate(() => {
        if (this.#heard === heard) this.#endWhenDone()
      }),
    )
  }

  leave(): void {
    this.#isDeaf = true
    this.#isBehind = false
    this.#listen()
    this.#endWhenDone()
    this.#settle(false)
  }

  cut(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    if (this.#isDeaf) return
    this.#heard++
    this.#frames.push(chunk)
    this.#isBehind = true
    if (!this.#isQueued) this.goOn()
    this.#options.rightOfWay.give()
  }

  /** Takes whole queries off what came in, until its turn is over or one of the limits says to wait. */
  goOn(): void {
    this.#isQueued = false
    this.#options.sending.take() // what a fault has left there is somebody else's
    let taken = 0
    while (this.#isBehind && taken < QUERIES_AT_ONCE && !this.#isFull && this.#options.turns.take()) {
      const query = this.#frames.next()
      if (query === undefined) this.#isBehind = false
      else {
        taken++
        this.#answer(query)
      }
    }
    this.#outbox.write()
    if (this.#isBehind && !this.#isFull) this.#queue()
    this.#listen()
    this.#settle(taken > 0)
    if (this.#isFinishing) this.#endWhenQuiet()
    this.#endIfDone()
  }

  /** Sends the replies that became ready in this turn. */
  send(): void {
    this.#options.sending.take()
    this.#outbox.write()
    if (this.#isBehind && !this.#isFull) this.#queue()
    this.#settle(true)
    this.#endIfDone()
  }

  get #isFull(): boolean {
    const { maxPipelined, maxUnsentOctets } = this.#options.limits
    const { unsentOctets } = this.#outbox
    return (
      this.#inFlight >= maxPipelined ||
      unsentOctets > maxUnsentOctets ||
      (unsentOctets > 0 && this.#seat.isShort) ||
      this.#socket.destroyed
    )
  }

  #queue(): void {
    if (this.#isQueued) return
    this.#isQueued = true
    this.#options.turns.goOnLater(this)
  }

  // Only while nothing lies unread: what the system holds holds the client back.
  #listen(): void {
    if (this.#isPaused === this.#isBehind) return
    this.#isPaused = this.#isBehind
    if (this.#isPaused) this.#socket.pause()
    else this.#socket.resume()
  }

  #answer(query: Buffer): void {
    const reply = this.#options.respond(query, this.#seat.client, this.#options.carrier)
    // No DNS message, or a response: nothing good will follow.
    if (reply === undefined) this.#seat.reject()
    else if (reply instanceof Promise) {
      this.#inFlight++
      void reply.then((octets) => {
        this.#inFlight--
        this.#outbox.keep(octets)
        this.#options.turns.sendLater(this)
      })
    } else this.#outbox.put(reply)
  }

  #hasSent(): void {
    if (this.#isBehind && !this.#isFull) this.#queue()
    if (this.#seat.phase === 'owing') this.#seat.settle(this.#phase, true)
  }

  // Who does not take replies gets no time by asking more.
  #settle(hasGotOn: boolean): void {
    const phase = this.#phase
    this.#seat.settle(phase, hasGotOn && phase !== 'owing')
  }

  get #phase(): Phase {
    if (this.#socket.writableLength > 0) return 'owing'
    if (this.#hasEnded) return 'leaving'
    return this.#inFlight > 0 || this.#isBehind ? 'busy' : 'idle'
  }

  #endWhenDone(): void {
    this.#isEnding = true
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (!this.#isEnding || this.#hasEnded || this.#isBehind || this.#inFlight > 0 || !this.#socket.writable) return
    this.#outbox.write()
    this.#hasEnded = true
    this.#socket.end()
    this.#settle(false)
  }
}
