import type { Clock } from '../../lib/base/clock.ts'

interface Timer {
  readonly dueMs: number
  readonly run: () => void
}

/** A clock that stands still until a test moves it. */
export class MovedClock implements Clock {
  readonly #timers = new Set<Timer>()
  #nowMs: number

  constructor(startMs = 1_000_000) {
    this.#nowMs = startMs
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), run }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Moves time on, in one turn. Timers run when they are due, in order; so do those that they set meanwhile. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    while (this.#runNext(endMs)) {}
    this.#nowMs = endMs
  }

  /** The same, and lets promises settle before the first timer, between timers and after the last. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    do await settled()
    while (this.#runNext(endMs))
    this.#nowMs = endMs
    await settled()
  }

  #runNext(endMs: number): boolean {
    let next: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer
    }
    if (next === undefined) return false
    this.#timers.delete(next)
    this.#nowMs = next.dueMs
    next.run()
    return true
  }
}

/** Resolves when all promises that can go on without I/O have done so. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
