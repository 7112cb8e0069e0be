import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { FrameReader, frame } from '../../lib/dns/frame-reader.ts'
import { queryPacket, type Random, randomOctets } from '../helpers/packets.ts'

interface Options {
  readonly host: string
  readonly port: number
  /** The address that it comes from. */
  readonly localAddress: string
  readonly pauseMs: number
  readonly random: Random
  readonly names: Readonly<Record<'web' | 'big', string>>
}

/** One connection of somebody who means no good. Nothing here fails: what the server closes is over. */
export class Attacker {
  readonly socket: Socket
  readonly #options: Options
  readonly #frames = new FrameReader()
  readonly #closed = Promise.withResolvers<void>()
  /** Replies that are waited for. */
  #due = 0
  #isReading = false
  #goOn: () => void = () => {}

  private constructor(socket: Socket, options: Options) {
    this.socket = socket
    this.#options = options
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#closed.resolve()
      this.#goOn()
    })
    socket.on('drain', () => this.#goOn())
  }

  /** Undefined if it cannot connect. */
  static async open(options: Options): Promise<Attacker | undefined> {
    const { host, port, localAddress } = options
    const socket = connect({ host, port, localAddress, noDelay: true, allowHalfOpen: false })
    const attacker = new Attacker(socket, options)
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.once('connect', resolve).once('close', resolve)
    await promise
    return socket.destroyed ? undefined : attacker
  }

  query(name: 'web' | 'big'): Buffer {
    return frame(queryPacket(this.#options.names[name], { id: this.#options.random(65_536) }))
  }

  /** So many in one piece. */
  queries(name: 'web' | 'big', count: number): Buffer {
    const query = this.query(name)
    return Buffer.concat(Array.from({ length: count }, () => query))
  }

  noise(): Buffer {
    return randomOctets(this.#options.random, 1 + this.#options.random(300))
  }

  /** Whether the connection is still there when it was taken. */
  async send(...octets: readonly Buffer[]): Promise<boolean> {
    if (!this.socket.writable) return false
    if (!this.socket.write(Buffer.concat(octets))) await this.#change()
    return this.socket.writable
  }

  /** Waits for the next reply, or the end. */
  async reply(): Promise<void> {
    await this.replies(1)
  }

  async replies(count: number): Promise<void> {
    this.#due = count
    this.#read()
    while (this.#due > 0 && !this.socket.destroyed) await this.#change()
  }

  /** Until the server has closed it. */
  async hold(): Promise<void> {
    if (!this.socket.isPaused()) this.#read()
    await this.#closed.promise
  }

  /** Whether it is still there after the pause. */
  async rest(): Promise<boolean> {
    await sleep(this.#options.pauseMs)
    return this.socket.writable
  }

  async turn(): Promise<void> {
    await new Promise<void>((resolve) => void setImmediate(resolve))
  }

  stopReading(): void {
    this.socket.pause()
  }

  end(): void {
    this.socket.end()
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }

  // Something came, went out, or is over.
  #change(): Promise<void> {
    return new Promise((resolve) => (this.#goOn = resolve))
  }

  #read(): void {
    if (this.#isReading) return
    this.#isReading = true
    this.socket.on('data', (chunk: Buffer) => {
      this.#frames.push(chunk)
      while (this.#frames.next() !== undefined) this.#due--
      if (this.#due <= 0) this.#goOn()
    })
  }
}
