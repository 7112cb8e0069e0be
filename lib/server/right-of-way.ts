import type { Clock } from '../base/clock.ts'

// What a query over UDP waits for connections, beyond the one piece of work for one of them that is being done.
const GAP_MS = 0.2

/**
 * UDP goes first. The event loop does all that has come in for connections before it looks at a UDP socket again, and
 * fifty that open or close at once take it 10 ms. So whoever works for a connection gives way behind each piece of work.
 */
export class RightOfWay {
  readonly #clock: Clock
  readonly #looks = new Set<() => void>()
  #lookedMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `look` takes what has come in by now, and never calls `give`. The returned function takes it out again. */
  claim(look: () => void): () => void {
    this.#looks.add(look)
    return () => this.#looks.delete(look)
  }

  /** Lets those go first that have a right to, if the last time is long enough ago. */
  give(): void {
    const nowMs = this.#clock.now()
    if (nowMs - this.#lookedMs < GAP_MS) return
    this.#lookedMs = nowMs
    for (const look of this.#looks) look()
  }
}
