import type { Random } from '../../helpers/packets.ts'

interface Entry {
  readonly octets: Buffer
  /** Features that it is the shortest input for. */
  owned: number
  picked: number
}

/** Inputs, each the shortest that shows something. One that has nothing of its own left is dropped. */
export class Corpus {
  readonly #owners = new Map<number, Entry>()
  #entries: Entry[] = []

  get size(): number {
    return this.#entries.length
  }

  get inputs(): Buffer[] {
    return this.#entries.map(({ octets }) => octets)
  }

  add(octets: Buffer, features: readonly number[]): void {
    const entry: Entry = { octets: Buffer.from(octets), owned: features.length, picked: 0 }
    let isAnyDropped = false
    for (const feature of features) {
      const before = this.#owners.get(feature)
      if (before !== undefined && --before.owned === 0) isAnyDropped = true
      this.#owners.set(feature, entry)
    }
    if (isAnyDropped) this.#entries = this.#entries.filter(({ owned }) => owned > 0)
    this.#entries.push(entry)
  }

  /** One to change. Of two at random the one that has been tried less for what it shows. */
  pick(random: Random): Buffer {
    const [one, other] = [this.#any(random), this.#any(random)]
    const entry = one.picked / one.owned <= other.picked / other.owned ? one : other
    entry.picked++
    return entry.octets
  }

  any(random: Random): Buffer {
    return this.#any(random).octets
  }

  // Half of the time one of the latest: what is new leads on.
  #any(random: Random): Entry {
    const { length } = this.#entries
    const at = random(2) === 0 ? random(length) : Math.max(0, length - 1 - random(Math.min(length, 16)))
    return this.#entries[at] as Entry
  }
}
