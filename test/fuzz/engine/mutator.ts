import { randomOctets, type Random } from '../../helpers/packets.ts'
import { MUTATIONS } from './mutations.ts'

interface Options {
  readonly maxOctets: number
  readonly words: readonly Buffer[]
}

/** Changes inputs: one to eight changes of the kinds that break parsers. */
export class Mutator {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  mutate(octets: Buffer, other: Buffer, random: Random): Buffer {
    const { words, maxOctets } = this.#options
    let changed: Buffer = Buffer.from(octets)
    for (let left = 1 + random(1 + random(8)); left > 0; left--) {
      if (changed.length === 0) changed = randomOctets(random, 1 + random(16))
      const mutation = MUTATIONS[random(MUTATIONS.length)] as (typeof MUTATIONS)[number]
      changed = mutation(changed, { random, other, words })
      if (changed.length > maxOctets) changed = changed.subarray(0, maxOctets)
    }
    return changed
  }
}
