import type { Clock } from '../base/clock.ts'

/** Counts the answers that are under way, for a listener that closes: those that begin after that are not waited for. */
export class UnderWay {
  readonly #allEnded = Promise.withResolvers<void>()
  #count = 0
  #isClosing = false

  /** Whether it is counted: then `end` has to follow. */
  begin(): boolean {
    if (this.#isClosing) return false
    this.#count++
    return true
  }

  end(): void {
    this.#count--
    if (this.#count === 0 && this.#isClosing) this.#allEnded.resolve()
  }

  /** Settles when all have ended that had begun, or else when the grace is over. */
  async close(clock: Clock, graceMs: number): Promise<void> {
    this.#isClosing = true
    if (this.#count === 0) return
    const cancel = clock.after(graceMs, this.#allEnded.resolve)
    await this.#allEnded.promise
    cancel()
  }
}
