import { Latency } from './latency.ts'

// The last so many outcomes decide; what failed, or was late, counts as much slower than any reply.
const WINDOW = 16
const FAILURE_MS = 500
// Three of 16 are rarely late by chance. With 30 % of packets lost, 12 arrive in a row once in 70 times. Where few
// questions come, fewer have to do, over a longer time.
const SUSPECT_FAILURES = 3
const GOOD_IN_A_ROW = 12
const GOOD_FOR_A_WHILE = { inARow: 3, ms: 4000 }
const GOOD_IN_A_ROW_AFTER_DOWN = 3
// Nobody may be there: after so many exchanges without a reply, or without one so far and none from others since.
const DOUBT_AFTER = { silent: 2, late: 3 }
// A suspect is tried so often, and less often while that does not go well.
const TRIAL_MS = 200
const LONGEST_TRIAL_MS = 4000

/** How good a choice an upstream is: the lower, the better. */
export const RANK = { GOOD: 0, SUSPECT: 1, UNUSABLE: 2 } as const
type Rank = (typeof RANK)[keyof typeof RANK]

/**
 * What an upstream has done lately. It is suspect when a few of the last exchanges failed or were late, until a dozen
 * went well; doubted when nothing was heard of it for a few in a row, so that somebody should find out; down when that
 * found nobody.
 */
export class Health {
  readonly latency = new Latency()
  readonly #costs = new Float64Array(WINDOW)
  #outcomes = 0
  #costSumMs = 0
  #failures = 0
  #silentInARow = 0
  #lateInARow = 0
  #goodInARow = 0
  #goodSinceMs = 0
  #isSuspect = false
  #isDown = false
  #enoughInARow = GOOD_IN_A_ROW
  /** Queries sent to it come back to us. */
  isLooping = false
  /** When it was last asked anything, in milliseconds of the Clock. */
  askedAtMs = Number.NEGATIVE_INFINITY
  /** How long after that a suspect should be tried again. */
  trialPauseMs = TRIAL_MS
  /** Until then it gets queries without OPT: it did not understand one. */
  withoutEdnsUntilMs = Number.NEGATIVE_INFINITY

  /** A reply came in time, just now. */
  replied(ms: number, nowMs: number): void {
    this.heard()
    this.trialPauseMs = TRIAL_MS
    this.latency.observe(ms)
    this.#add(ms)
    if (this.#goodInARow++ === 0) this.#goodSinceMs = nowMs
    if (this.#isSuspect && this.#isGoodAgain(nowMs)) this.#trust()
  }

  /** A reply came, but after its exchange was found to be late. */
  repliedLate(ms: number): void {
    this.heard()
    this.latency.observe(ms)
  }

  /** A reply takes longer than it should. */
  late(): void {
    this.#lateInARow++
    this.failed()
  }

  /** Another upstream gave a better reply. */
  failed(): void {
    this.#goodInARow = 0
    this.trialPauseMs = Math.min(2 * this.trialPauseMs, LONGEST_TRIAL_MS)
    this.#add(-FAILURE_MS)
    if (this.#failures >= SUSPECT_FAILURES) this.#isSuspect = true
  }

  /** Any reply came. */
  heard(): void {
    this.#silentInARow = this.#lateInARow = 0
  }

  /** No reply came. */
  silent(): void {
    this.#silentInARow++
  }

  /** A probe found nobody. */
  down(): void {
    this.#isDown = true
  }

  /** A probe found somebody: what was before counts no more, but a few exchanges that nobody waits for come first. */
  back(): void {
    this.#trust()
    this.#isDown = false
    this.heard()
    this.#isSuspect = true
    this.#enoughInARow = GOOD_IN_A_ROW_AFTER_DOWN
    this.trialPauseMs = TRIAL_MS
  }

  get isDown(): boolean {
    return this.#isDown
  }

  /** Whether a probe should find out if anybody is there. */
  get isDoubted(): boolean {
    return this.#silentInARow >= DOUBT_AFTER.silent || this.#lateInARow >= DOUBT_AFTER.late
  }

  get rank(): Rank {
    if (this.#isDown || this.isLooping) return RANK.UNUSABLE
    return this.#isSuspect || this.isDoubted ? RANK.SUSPECT : RANK.GOOD
  }

  /** The mean of what exchanges took lately; 0 while nothing is known. */
  get meanMs(): number {
    return this.#outcomes === 0 ? 0 : this.#costSumMs / Math.min(this.#outcomes, WINDOW)
  }

  #isGoodAgain(nowMs: number): boolean {
    if (this.#goodInARow >= this.#enoughInARow) return true
    return this.#goodInARow >= GOOD_FOR_A_WHILE.inARow && nowMs - this.#goodSinceMs >= GOOD_FOR_A_WHILE.ms
  }

  #trust(): void {
    this.#isSuspect = false
    this.#enoughInARow = GOOD_IN_A_ROW
    this.#goodInARow = this.#outcomes = this.#costSumMs = this.#failures = 0
  }

  // A failure is kept as a negative number.
  #add(cost: number): void {
    const place = this.#outcomes % WINDOW
    const gone = this.#outcomes < WINDOW ? 0 : (this.#costs[place] as number)
    this.#costs[place] = cost
    this.#costSumMs += Math.abs(cost) - Math.abs(gone)
    this.#failures += Number(cost < 0) - Number(gone < 0)
    this.#outcomes++
  }
}
