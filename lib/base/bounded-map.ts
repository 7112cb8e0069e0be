interface Slot<V> {
  readonly value: V
  readonly bytes: number
  used: boolean
}

export interface Bounds {
  readonly maxEntries: number
  readonly maxBytes: number
}

// With every entry read since the last time, a pass over all of 20,000 took 1 to 8 ms.
const MAX_CHANCES = 16

/**
 * A map that never holds more than `maxEntries` entries or `maxBytes` bytes. When it is full, the oldest entry that
 * was not read since it was last passed over goes ("second chance"), so a read costs one flag and moves nothing; after
 * 16 that were read, the next one goes all the same, so a write costs little too.
 */
export class BoundedMap<V> {
  readonly #slots = new Map<string, Slot<V>>()
  readonly #bounds: Bounds
  #bytes = 0
  evictions = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#slots.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): V | undefined {
    const slot = this.#slots.get(key)
    if (slot === undefined) return undefined
    slot.used = true
    return slot.value
  }

  /** `bytes` is what the entry weighs. One that is heavier than the whole map is not kept. */
  set(key: string, value: V, bytes: number): void {
    this.delete(key)
    const { maxEntries, maxBytes } = this.#bounds
    if (bytes > maxBytes || maxEntries === 0) return
    // Room is made first, so that what is new is not what goes.
    while (this.#slots.size >= maxEntries || this.#bytes + bytes > maxBytes) this.#evictOne()
    this.#slots.set(key, { value, bytes, used: false })
    this.#bytes += bytes
  }

  delete(key: string): void {
    const slot = this.#slots.get(key)
    if (slot === undefined) return
    this.#slots.delete(key)
    this.#bytes -= slot.bytes
  }

  clear(): void {
    this.#slots.clear()
    this.#bytes = 0
  }

  #evictOne(): void {
    let chances = MAX_CHANCES
    for (const [key, slot] of this.#slots) {
      this.#slots.delete(key)
      if (!slot.used || chances-- === 0) {
        this.#bytes -= slot.bytes
        this.evictions++
        return
      }
      slot.used = false
      this.#slots.set(key, slot)
    }
  }
}
