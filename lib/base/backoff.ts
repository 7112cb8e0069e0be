import type { Random16 } from './random.ts'

const LEAST_MS = 800
const MOST_MS = 30_000

/**
 * How long to wait before the next try: longer each time, from 0.8 s to 30 s, and never the same for two who failed
 * together ("decorrelated jitter").
 */
export class Backoff {
  readonly #random: Random16
  #beforeMs = 0

  constructor(random: Random16) {
    this.#random = random
  }

  nextMs(): number {
    const longestMs = Math.min(MOST_MS, Math.max(LEAST_MS, this.#beforeMs * 3))
    this.#beforeMs = LEAST_MS + (this.#random() / 65_536) * (longestMs - LEAST_MS)
    // The first is short, as most failures are: a server that is replaced by another one.
    return longestMs === LEAST_MS ? (this.#random() / 65_536) * LEAST_MS : this.#beforeMs
  }

  reset(): void {
    this.#beforeMs = 0
  }
}
