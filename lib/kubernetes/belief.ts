import type { Clock } from '../base/clock.ts'
import { Interruption } from './interruption.ts'
import { isOlder } from './resource-version.ts'

// A list that is older than what is known, or empty, is believed when the server still says so after this time.
const DOUBT_MS = 60_000

/** What versions of a collection were seen, and so which lists can be right: a server that has just started may err. */
export class Belief {
  readonly #clock: Clock
  #doubtedSinceMs: number | undefined
  #doubtedAtMs = 0
  /** The highest that is known. */
  version: string | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isInDoubt(): boolean {
    return this.#doubtedSinceMs !== undefined
  }

  /** A list of everything. Throws as long as it is in doubt. */
  take(version: string | undefined, size: number, isKnownEmpty: boolean): string {
    if (version === undefined || version === '') throw new Interruption('garbled', 'a list without a resourceVersion')
    if (isOlder(version, this.version) || (size === 0 && !isKnownEmpty)) {
      const nowMs = this.#clock.now()
      // A server that was away meanwhile has not said so for a minute.
      if (nowMs - this.#doubtedAtMs > DOUBT_MS) this.#doubtedSinceMs = undefined
      this.#doubtedAtMs = nowMs
      this.#doubtedSinceMs ??= nowMs
      const known = this.version ?? 'a snapshot'
      if (nowMs - this.#doubtedSinceMs < DOUBT_MS)
        throw new Interruption('doubt', `a list of ${size} objects at version ${version}, after ${known}`)
    }
    this.#doubtedSinceMs = undefined
    this.version = version
    return version
  }
}
