import type { Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { FrameReader, frame } from '../dns/frame-reader.ts'
import { TCP } from './carrier.ts'
import type { Respond } from './responder.ts'

export interface ConnectionLimits {
  /** A connection is closed when for so long no whole query came, no reply went, and none is under way. */
  readonly idleMs: number
  /** Queries of one connection under way at a time; further ones wait unread. */
  readonly maxPipelined: number
  /** Octets of replies that a slow reader may leave lying; beyond that nothing more is read from it. */
  readonly maxUnsentOctets: number
}

interface Options {
  readonly respond: Respond
  readonly clock: Clock
  readonly limits: ConnectionLimits
}

/** One TCP connection: queries may be pipelined, replies leave as they are ready (RFC 7766 §6.2.1.1). */
export class Connection {
  readonly #socket: Socket
  readonly #client: string
  readonly #options: Options
  readonly #frames = new FrameReader()
  #inFlight = 0
  #ended = false
  /** Whether queries may lie unread that have come in. */
  #isBehind = false
  #lastProgressMs: number
  #cancelIdle: () => void = () => {}
  readonly #onProgress = (): void => {
    this.#lastProgressMs = this.#options.clock.now()
  }

  constructor(socket: Socket, options: Options) {
    this.#socket = socket
    this.#client = socket.remoteAddress ?? ''
    this.#options = options
    this.#lastProgressMs = options.clock.now()
    socket
      .on('data', (chunk: Buffer) => {
        this.#frames.push(chunk)
        this.#read()
      })
      .on('drain', () => this.#read())
      .on('end', () => this.finish())
      .on('error', () => socket.destroy())
      .on('close', () => this.#cancelIdle())
    this.#watchIdle(options.limits.idleMs)
  }

  /** Answers what was asked, and closes. */
  finish(): void {
    this.#ended = true
    this.#endIfDone()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  // Takes whole queries off what came in, until one of the limits says to wait.
  #read(): void {
    this.#socket.cork()
    this.#isBehind = true
    while (this.#isBehind && !this.#isBusy()) {
      const query = this.#frames.next()
      if (query === undefined) this.#isBehind = false
      else this.#answer(query)
    }
    this.#socket.uncork()
    if (this.#isBehind) this.#socket.pause()
    else this.#socket.resume()
    this.#endIfDone()
  }

  #isBusy(): boolean {
    const { maxPipelined, maxUnsentOctets } = this.#options.limits
    return this.#inFlight >= maxPipelined || this.#socket.writableLength > maxUnsentOctets || this.#socket.destroyed
  }

  #answer(query: Buffer): void {
    this.#onProgress()
    const reply = this.#options.respond(query, this.#client, TCP)
    // No DNS message, or a response: nothing good will follow.
    if (reply === undefined) this.#socket.destroy()
    else if (reply instanceof Promise) {
      this.#inFlight++
      void reply.then((octets) => {
        this.#inFlight--
        this.#write(octets)
        this.#read()
      })
    } else this.#write(reply)
  }

  #write(reply: Buffer): void {
    if (this.#socket.writable) this.#socket.write(frame(reply), this.#onProgress)
  }

  #endIfDone(): void {
    if (this.#ended && !this.#isBehind && this.#inFlight === 0 && this.#socket.writable) this.#socket.end()
  }

  #watchIdle(delayMs: number): void {
    const { clock, limits } = this.#options
    this.#cancelIdle = clock.after(delayMs, () => {
      const leftMs = this.#lastProgressMs + limits.idleMs - clock.now()
      if (this.#inFlight > 0) this.#watchIdle(limits.idleMs)
      else if (leftMs > 0) this.#watchIdle(leftMs)
      else this.#socket.destroy()
    })
  }
}
