import type { StreamConnection } from './stream-connection.ts'
import type { TransportQuery } from './transport.ts'

/** One question on its way over a stream, from being given to being answered. */
export class StreamQuestion {
  readonly bytes: Buffer
  readonly #signal: AbortSignal
  readonly #outcome = Promise.withResolvers<Buffer>()
  readonly #onEnd: (question: StreamQuestion) => void
  /** Where it was written, and with which id; undefined while it waits for a place. */
  connection: StreamConnection | undefined
  wireId = 0
  askedAtMs = 0
  /** Connections with lower numbers must not get it: one like them has lost it. */
  leastConnection = 0
  /** Whether it was taken from a connection that was held up; that is done once. */
  wasMoved = false

  /** `onEnd` is called when nobody waits any more, before it is answered. */
  constructor({ bytes, signal }: TransportQuery, onEnd: (question: StreamQuestion) => void) {
    this.bytes = bytes
    this.#signal = signal
    this.#onEnd = onEnd
    signal.addEventListener('abort', this)
  }

  get reply(): Promise<Buffer> {
    return this.#outcome.promise
  }

  get wasLost(): boolean {
    return this.leastConnection > 0
  }

  resolve(reply: Buffer): void {
    this.#signal.removeEventListener('abort', this)
    this.#outcome.resolve(reply)
  }

  reject(error: unknown): void {
    this.#signal.removeEventListener('abort', this)
    this.#outcome.reject(error)
  }

  /** The signal says so. */
  handleEvent(): void {
    this.#onEnd(this)
    this.reject(this.#signal.reason)
  }
}
