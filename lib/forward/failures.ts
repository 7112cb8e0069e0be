import { BoundedMap } from '../base/bounded-map.ts'
import type { Answer } from '../dns/answer.ts'
import { EDE } from '../dns/extended-error.ts'

// RFC 9520 §3.2: at least a second and at most five minutes, longer each time. Short ones, since a failure that is
// over and still told is an outage of our making.
const FIRST_HOLD_MS = 1000
const LONGEST_HOLD_MS = 10_000
const FORGOTTEN_AFTER_MS = 300_000
const MAX_FAILURES = 4096
const BYTES = 1024 // about; what bounds them is their number

const CACHED = { code: EDE.CACHED_ERROR, text: 'failed a moment ago, and is not asked again yet' }

/** A question that the upstreams could not answer. */
export interface Failure {
  readonly answer: Answer
  /** Nobody asks again before. */
  readonly holdUntilMs: number
  readonly holdMs: number
}

/** What could not be answered a moment ago, so that it is not asked for again and again (RFC 9520). */
export class Failures {
  readonly #held = new BoundedMap<Failure>({ maxEntries: MAX_FAILURES, maxBytes: MAX_FAILURES * BYTES })
  /** Answers given without asking anyone. */
  hits = 0

  get size(): number {
    return this.#held.size
  }

  get(key: string): Failure | undefined {
    return this.#held.get(key)
  }

  add(key: string, answer: Answer, nowMs: number): void {
    const before = this.#held.get(key)
    const isRecent = before !== undefined && nowMs < before.holdUntilMs + FORGOTTEN_AFTER_MS
    const holdMs = isRecent ? Math.min(2 * before.holdMs, LONGEST_HOLD_MS) : FIRST_HOLD_MS
    this.#held.set(key, { answer, holdUntilMs: nowMs + holdMs, holdMs }, BYTES)
  }

  delete(key: string): void {
    this.#held.delete(key)
  }

  /** What was the fault of upstreams is not to outlive it. */
  clear(): void {
    this.#held.clear()
  }

  /** As it is told to those who ask meanwhile. */
  answerOf({ answer }: Failure): Answer {
    this.hits++
    return { ...answer, errors: [...answer.errors, CACHED] }
  }
}
