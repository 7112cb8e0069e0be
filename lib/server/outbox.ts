import type { Socket } from 'node:net'
import type { FairTurns } from './fair-turns.ts'
import type { SendBuffer } from './send-buffer.ts'

interface Options {
  readonly socket: Socket
  /** Whether what is written is encrypted first. */
  readonly isEncrypted: boolean
  readonly turns: Pick<FairTurns, 'spend'>
  readonly sending: SendBuffer
  /** So many octets more, or less, lie here. */
  readonly onUnsent: (octets: number) => void
  /** The system has taken what lay here, or some of it. */
  readonly onTaken: () => void
}

/** Replies of one connection, on their way out. */
export class Outbox {
  readonly #options: Options
  /** Those that took their time, and were not written yet. */
  #kept: Buffer[] = []
  /** Octets that the system has not taken. */
  unsentOctets = 0

  constructor(options: Options) {
    this.#options = options
    // Of one that is closed nothing lies here any more.
    options.socket.on('close', () => this.#count(-this.unsentOctets))
  }

  /** For the next write. */
  keep(reply: Buffer): void {
    if (!this.#options.socket.writable) return
    this.#kept.push(reply)
    this.#count(reply.length)
  }

  /** To be written before another connection has its turn. */
  put(reply: Buffer): void {
    const { sending } = this.#options
    if (!sending.put(reply)) {
      this.#flush()
      sending.put(reply)
    }
    if (sending.isFull) this.#flush()
  }

  /** Everything that was kept or put. */
  write(): void {
    if (this.#kept.length > 0) {
      const replies = this.#kept
      this.#kept = []
      for (const reply of replies) {
        this.#count(-reply.length)
        this.put(reply)
      }
    }
    this.#flush()
  }

  #flush(): void {
    const { socket, isEncrypted, turns, sending } = this.#options
    const frames = sending.take()
    if (frames.length === 0 || !socket.writable) return
    turns.spend(frames.length)
    // TLS, and what has replies waiting, takes none at once.
    if (isEncrypted || socket.writableLength > 0) return this.#send(Buffer.from(frames), frames.length)
    let free = () => {}
    this.#send(frames, sending.capacity, () => free())
    if (socket.writableLength > 0) free = sending.giveAway()
  }

  // As long as the system has not taken them, they keep so many octets.
  #send(frames: Buffer, weight: number, free: () => void = () => {}): void {
    const { socket, onTaken } = this.#options
    let isCounted = false
    socket.write(frames, (error) => {
      if (!isCounted) return
      free()
      if (socket.closed) return
      this.#count(-weight)
      if (!error) onTaken()
    })
    isCounted = socket.writableLength > 0
    if (isCounted) this.#count(weight)
  }

  #count(octets: number): void {
    this.unsentOctets += octets
    this.#options.onUnsent(octets)
  }
}
