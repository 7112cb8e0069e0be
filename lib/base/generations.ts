const SLOTS = 1 << 16
const FIRST_HASHED_SLOT = 16

/** What an answer was made from: slots, and the generation that each had. */
export interface Evidence {
  readonly slots: readonly number[]
  readonly generations: readonly number[]
}

/**
 * Counts how often each of many facts has changed, in a fixed 256 KiB whatever the number of facts. A fact has a slot:
 * a fixed one (0-15), or one by the hash of its key. Two facts may share a slot; then a change of one also outdates
 * what was made from the other, which costs time but is never wrong. Shared memory: other threads may read it.
 */
export class Generations {
  readonly #counts = new Uint32Array(new SharedArrayBuffer(SLOTS * Uint32Array.BYTES_PER_ELEMENT))

  static slotOf(key: string): number {
    let hash = 0x811c9dc5
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
    return FIRST_HASHED_SLOT + ((hash >>> 0) % (SLOTS - FIRST_HASHED_SLOT))
  }

  bump(slot: number): void {
    Atomics.add(this.#counts, slot, 1)
  }

  /** To be taken in the same turn in which the facts are read. */
  evidence(slots: readonly number[]): Evidence {
    return { slots, generations: slots.map((slot) => this.#counts[slot] ?? 0) }
  }

  holds(evidence: Evidence): boolean {
    const { slots, generations } = evidence
    for (let i = 0; i < slots.length; i++) {
      if (this.#counts[slots[i] as number] !== generations[i]) return false
    }
    return true
  }
}
