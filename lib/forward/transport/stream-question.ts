import type { EndSignal } from '../../base/ending.ts'
import type { StreamConnection } from './stream-connection.ts'
import type { TransportQuery } from './transport.ts'

/** Where a question was written. */
export interface Place {
  readonly question: StreamQuestion
  readonly connection: StreamConnection
  readonly wireId: number
  readonly askedAtMs: number
}

/** One question on its way over a stream, from being given to being answered. */
export class StreamQuestion {
  readonly bytes: Buffer
  readonly #signal: EndSignal
  readonly #outcome = Promise.withResolvers<Buffer>()
  readonly #onEnd: (question: StreamQuestion) => void
  /** None while it waits for one; two once the first connection is held up. The first reply counts. */
  readonly places: Place[] = []
  /** Connections with lower numbers must not get it: one like them has lost it. */
  leastConnection = 0

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

  /** The connection of this place can give no reply any more. */
  leave(place: Place): void {
    this.places.splice(this.places.indexOf(place), 1)
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
