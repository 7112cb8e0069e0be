import type { Clock } from '../base/clock.ts'

const LONG_MS = 200
// Of 256 datagrams each, together about what a receive buffer holds. No time: in that others may have had the processor.
const PATIENCE_TURNS = 40
const LATELY_MS = 1000

/**
 * Tells whether more comes to a socket than is answered: what comes has waited for long, and so has what comes after it,
 * when as much was taken as the receive buffer holds. What came while the process stood still is worked off by then. From
 * then on until nothing waits; and when it was so a moment ago, as soon as something has waited for long again.
 */
export class Backlog {
  readonly #clock: Clock
  #longTurns = 0
  #endedMs = Number.NEGATIVE_INFINITY
  isTooMuch = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A turn has left something; what it took had waited so long. */
  left(ageMs: number): void {
    if (this.isTooMuch) return
    if (ageMs <= LONG_MS) {
      this.#longTurns = 0
      return
    }
    this.#longTurns++
    const wasLately = this.#clock.now() - this.#endedMs < LATELY_MS
    this.isTooMuch = wasLately || this.#longTurns > PATIENCE_TURNS
  }

  /** A turn has taken all there was. */
  drained(): void {
    if (this.isTooMuch) this.#endedMs = this.#clock.now()
    this.isTooMuch = false
    this.#longTurns = 0
  }
}
