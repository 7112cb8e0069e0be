import type { Clock } from '../base/clock.ts'
import { Interruption } from './interruption.ts'
import { isOlder } from './resource-version.ts'

// A list that is older than what is known, or empty, is believed when the server still says so after this time.
const DOUBT_MS = 60_000

/** What versions of a collection were seen, and so which lists can be right: a server that has just started may err. */
export class Belief {
  readonly #clock: Clock
  #doubtedSinceMs: number | undefined
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
    if (version === undefined) throw new Interruption('garbled', 'a list without a resourceVersion')
    if (isOlder(version, this.version) || (size === 0 && !isKnownEmpty)) {
      this.#doubtedSinceMs ??= this.#clock.now()
      const known = this.version ?? 'a snapshot'
      if (this.#clock.now() - this.#doubtedSinceMs < DOUBT_MS)
        throw new Interruption('doubt', `a list of ${size} objects at version ${version}, after ${known}`)
    }
    this.#doubtedSinceMs = undefined
    this.version = version
    return version
  }
}
