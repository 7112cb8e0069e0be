import type { Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { FrameReader, frame } from '../dns/frame-reader.ts'
import type { Respond } from './responder.ts'

export interface ConnectionLimits {
  /** A connection on which no whole query has come for so long, and none is under way, is closed. */
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
  #lastQueryMs: number
  #cancelIdle: () => void = () => {}

  constructor(socket: Socket, options: Options) {
    this.#socket = socket
    this.#client = socket.remoteAddress ?? ''
    this.#options = options
    this.#lastQueryMs = options.clock.now()
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
    while (!this.#isBusy()) {
      const query = this.#frames.next()
      if (query === undefined) break
      this.#answer(query)
    }
    this.#socket.uncork()
    if (this.#isBusy()) this.#socket.pause()
    else this.#socket.resume()
    this.#endIfDone()
  }

  #isBusy(): boolean {
    const { maxPipelined, maxUnsentOctets } = this.#options.limits
    return this.#inFlight >= maxPipelined || this.#socket.writableLength > maxUnsentOctets || this.#socket.destroyed
  }

  #answer(query: Buffer): void {
    this.#lastQueryMs = this.#options.clock.now()
    const reply = this.#options.respond(query, this.#client, false)
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
    if (this.#socket.writable) this.#socket.write(frame(reply))
  }

  #endIfDone(): void {
    if (this.#ended && this.#inFlight === 0 && this.#socket.writable) this.#socket.end()
  }

  #watchIdle(delayMs: number): void {
    const { clock, limits } = this.#options
    this.#cancelIdle = clock.after(delayMs, () => {
      const leftMs = this.#lastQueryMs + limits.idleMs - clock.now()
      if (this.#inFlight > 0) this.#watchIdle(limits.idleMs)
      else if (leftMs > 0) this.#watchIdle(leftMs)
      else this.#socket.destroy()
    })
  }
}
