import type { Clock } from '../../base/clock.ts'

/**
 * One timer that can be set to ring sooner, so that what happens often need not set a timer each time. It rings when what
 * has come in meanwhile has been read: else a process that was late would take its own delay for one of others.
 */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #dueMs = Number.POSITIVE_INFINITY
  #cancel: () => void = () => {}

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings once, at this time of the Clock at the latest. */
  ringBy(dueMs: number): void {
    if (dueMs >= this.#dueMs) return
    this.cancel()
    this.#dueMs = dueMs
    this.#cancel = this.#clock.after(Math.max(0, dueMs - this.#clock.now()), () => {
      const immediate = setImmediate(() => {
        this.#dueMs = Number.POSITIVE_INFINITY
        this.#ring()
      })
      this.#cancel = () => clearImmediate(immediate)
    })
  }

  cancel(): void {
    this.#cancel()
    this.#dueMs = Number.POSITIVE_INFINITY
  }
}
