import type { Clock } from '../../lib/base/clock.ts'

// Longer than any question may take.
const DRAIN_MS = 2500

/** What is not used for anything new any more, and closes when what is under way has had its time. */
export class Drains {
  readonly #clock: Clock
  readonly #waiting = new Map<() => void, () => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(close: () => void): void {
    const cancel = this.#clock.after(DRAIN_MS, () => {
      this.#waiting.delete(close)
      close()
    })
    this.#waiting.set(close, cancel)
  }

  /** Closes all of it now. */
  end(): void {
    for (const [close, cancel] of this.#waiting) {
      cancel()
      close()
    }
    this.#waiting.clear()
  }
}
