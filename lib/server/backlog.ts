import type { Clock } from '../base/clock.ts'

const NEARLY_FULL = 0.5 // the kernel counts up to a quarter that was taken already
// Of 256 datagrams each, together what the buffer holds. No time: in that others may have had the processor.
const PATIENCE_TURNS = 40
const LATELY_MS = 1000

/**
 * Tells whether more comes to a socket than is answered: its receive buffer is nearly full, and still is when as much was
 * taken from it as it holds. What came while the process stood still is worked off by then. From then on until it is empty;
 * and when it was so a moment ago, as soon as it is nearly full again.
 */
export class Backlog {
  readonly #clock: Clock
  #fullTurns = 0
  #endedMs = Number.NEGATIVE_INFINITY
  isTooMuch = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A turn has left something; so much of the receive buffer is in use, from 0 to 1. */
  left(share: number): void {
    if (this.isTooMuch) return
    if (share <= NEARLY_FULL) {
      this.#fullTurns = 0
      return
    }
    this.#fullTurns++
    const wasLately = this.#clock.now() - this.#endedMs < LATELY_MS
    this.isTooMuch = wasLately || this.#fullTurns > PATIENCE_TURNS
  }

  /** A turn has taken all there was. */
  drained(): void {
    if (this.isTooMuch) this.#endedMs = this.#clock.now()
    this.isTooMuch = false
    this.#fullTurns = 0
  }
}
