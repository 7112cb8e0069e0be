import type { Clock } from '../base/clock.ts'

const WINDOW_MS = 50
const MAX_CLIENTS = 64
const ONE_IN = 32

/**
 * What may still be worked out for whom while there is no time for everything. Each client has one in 50 ms, so that who
 * asks for much cannot take what little there is from the others; and one in 32 goes on whoever asked, so that names that
 * many ask for are known again soon after they ran out.
 */
export class Rations {
  readonly #clock: Clock
  readonly #served = new Set<string>()
  #windowEndsMs = Number.NEGATIVE_INFINITY
  #refused = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  take(client: string): boolean {
    const nowMs = this.#clock.now()
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + WINDOW_MS
      this.#served.clear()
    }
    if (this.#served.size < MAX_CLIENTS && !this.#served.has(client)) {
      this.#served.add(client)
      return true
    }
    this.#refused = (this.#refused + 1) % ONE_IN
    return this.#refused === 0
  }
}
