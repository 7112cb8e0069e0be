interface Slot<V> {
  readonly value: V
  readonly bytes: number
  used: boolean
}

export interface Bounds {
  readonly maxEntries: number
  readonly maxBytes: number
}

/**
 * A map that never holds more than `maxEntries` entries or `maxBytes` bytes. When it is full, the oldest entry that
 * was not read since it was last passed over goes ("second chance"), so a read costs one flag and moves nothing.
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
    if (bytes > this.#bounds.maxBytes || this.#bounds.maxEntries === 0) return
    this.#slots.set(key, { value, bytes, used: false })
    this.#bytes += bytes
    while (this.#slots.size > this.#bounds.maxEntries || this.#bytes > this.#bounds.maxBytes) this.#evictOne()
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

  // Ends: each turn either evicts or clears a flag, and after one round no flag is left.
  #evictOne(): void {
    for (const [key, slot] of this.#slots) {
      this.#slots.delete(key)
      if (!slot.used) {
        this.#bytes -= slot.bytes
        this.evictions++
        return
      }
      slot.used = false
      this.#slots.set(key, slot)
    }
  }
}
