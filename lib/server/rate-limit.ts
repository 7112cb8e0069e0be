import { hashOf } from '../base/hash-of.ts'
import { networkPrefix, type PrefixLengths } from './network-prefix.ts'

export interface RateLimitSettings {
  /** Of one network; 0: as many as there are. */
  readonly responsesPerSecond: number
  /** Of those beyond the limit every so many-th is a short one that asks to come by TCP; 0: none. */
  readonly slip: number
  /** What counts as one network. */
  readonly prefixes: PrefixLengths
}

export type Ruling = 'send' | 'slip' | 'drop'

const NETWORKS = 8192
const TRIES = 4
const FULL_AFTER_MS = 1000

/**
 * Limits replies to networks that may not have asked: over UDP anybody can ask in anybody's name. Each network may have as
 * many as fit into a second at a time, and gets as many each second. What is kept of networks has a fixed size: where too
 * many are busy at once, two have to share, which lets through less, never more.
 */
export class RateLimit {
  readonly #settings: RateLimitSettings
  readonly #hashes = new Int32Array(NETWORKS)
  readonly #left = new Float64Array(NETWORKS)
  readonly #asOfMs = new Float64Array(NETWORKS).fill(Number.NEGATIVE_INFINITY)
  readonly #beyond = new Uint32Array(NETWORKS)

  constructor(settings: RateLimitSettings) {
    this.#settings = settings
  }

  /** Of one more reply to an address. */
  rule(address: string, nowMs: number): Ruling {
    const { responsesPerSecond, slip, prefixes } = this.#settings
    const i = this.#placeOf(hashOf(networkPrefix(address, prefixes)), nowMs)
    const earned = ((nowMs - (this.#asOfMs[i] as number)) / 1000) * responsesPerSecond
    const left = Math.min(responsesPerSecond, (this.#left[i] as number) + earned)
    this.#asOfMs[i] = nowMs
    this.#left[i] = left < 1 ? left : left - 1
    if (left >= 1) return 'send'
    const beyond = (this.#beyond[i] as number) + 1
    this.#beyond[i] = beyond
    return slip > 0 && beyond % slip === 0 ? 'slip' : 'drop'
  }

  // Its own; else one whose network would have its full allowance again by now; else one to be shared.
  #placeOf(hash: number, nowMs: number): number {
    let free: number | undefined
    for (let tries = 0; tries < TRIES; tries++) {
      const i = ((hash >>> 0) + tries) % NETWORKS
      const isIdle = nowMs - (this.#asOfMs[i] as number) >= FULL_AFTER_MS
      if (this.#hashes[i] === hash && !isIdle) return i
      if (isIdle) free ??= i
    }
    if (free === undefined) return (hash >>> 0) % NETWORKS
    this.#hashes[free] = hash
    this.#left[free] = this.#settings.responsesPerSecond
    this.#asOfMs[free] = nowMs
    return free
  }
}
