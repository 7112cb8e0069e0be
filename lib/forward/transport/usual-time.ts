const WEIGHT_OF_NEW = 1 / 8
const TIMES_USUAL = 3
const MIN_PATIENCE_MS = 50
const MAX_PATIENCE_MS = 1000

/** How long replies of a server usually take, and from when on one is slow. */
export class UsualTime {
  #usualMs: number | undefined

  /** A first guess, as long as there was no reply. */
  startWith(guessMs: number): void {
    this.#usualMs ??= guessMs
  }

  add(tookMs: number): void {
    this.#usualMs = this.#usualMs === undefined ? tookMs : this.#usualMs + (tookMs - this.#usualMs) * WEIGHT_OF_NEW
  }

  get patienceMs(): number {
    const wanted = TIMES_USUAL * (this.#usualMs ?? MAX_PATIENCE_MS)
    return Math.min(MAX_PATIENCE_MS, Math.max(MIN_PATIENCE_MS, wanted))
  }
}
