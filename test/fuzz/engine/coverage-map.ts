const BUCKETS = 8

/** How often, on a scale of eight: a loop that runs 100 times is not the news that one more block is. */
function bucketOf(count: number): number {
  if (count < 4) return count - 1
  if (count < 8) return 3
  if (count < 16) return 4
  if (count < 32) return 5
  return count < 128 ? 6 : 7
}

/**
 * What has been seen: each block of code, and how often it was entered in one execution. For each of these features it
 * knows the length of the shortest input that shows it.
 */
export class CoverageMap {
  readonly #counters: Uint32Array
  /** By feature; 0 for none, else the length of the input and 1. */
  readonly #shortest: Uint32Array
  /** Of the last execution. */
  steps = 0
  features = 0
  blocks = 0

  constructor(counters: Uint32Array) {
    this.#counters = counters
    this.#shortest = new Uint32Array(counters.length * BUCKETS)
  }

  reset(): void {
    this.#counters.fill(0)
  }

  /** How many features the last execution showed that were new, or that no input as short as this showed. */
  look(octets: number): { readonly isNew: boolean; readonly isShorter: boolean } {
    const counters = this.#counters
    const shortest = this.#shortest
    let steps = 0
    let isNew = false
    let isShorter = false
    for (let i = 0; i < counters.length; i++) {
      const count = counters[i] as number
      if (count === 0) continue
      steps += count
      const known = shortest[i * BUCKETS + bucketOf(count)] as number
      if (known === 0) isNew = true
      else if (known > octets + 1) isShorter = true
    }
    this.steps = steps
    return { isNew, isShorter }
  }

  /** The features of the last execution for which an input of so many octets is the shortest from now on. */
  take(octets: number): number[] {
    const taken: number[] = []
    for (const [i, count] of this.#counters.entries()) {
      if (count === 0) continue
      const feature = i * BUCKETS + bucketOf(count)
      const known = this.#shortest[feature] as number
      if (known !== 0 && known <= octets + 1) continue
      if (known === 0) {
        this.features++
        if (!this.#hasBlock(i)) this.blocks++
      }
      this.#shortest[feature] = octets + 1
      taken.push(feature)
    }
    return taken
  }

  #hasBlock(i: number): boolean {
    return this.#shortest.subarray(i * BUCKETS, (i + 1) * BUCKETS).some((known) => known !== 0)
  }
}
