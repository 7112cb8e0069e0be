import { hashOf } from './hash-of.ts'

export interface Bounds {
  readonly maxEntries: number
  readonly maxBytes: number
}

interface Slot<V> {
  readonly key: string
  readonly hash: number
  readonly value: V
  readonly bytes: number
  /** Uses elsewhere, as of when it came or was last passed over. */
  usesSeen: number
  /** Read since it came, or since it was last passed over. */
  used: boolean
  /** It was worth keeping once. */
  isProven: boolean
  older: Slot<V> | undefined
  newer: Slot<V> | undefined
}

// With every entry read since the last time, a pass over all of 20,000 takes up to 1 ms, and one over these 6 µs.
const MAX_CHANCES = 128
// The part of the map that new entries have while the rest is in use: a tenth.
const PARTS = 10

/**
 * A map that never holds more than `maxEntries` entries or `maxBytes` bytes, and in which what is used again stays,
 * whatever flood of keys that are used once goes through it (S3-FIFO, Yang et al., SOSP 2023, with one flag for its count).
 *
 * An entry begins as new. While the new ones have a tenth of the map, the oldest of them goes when room is needed; if it
 * was read meanwhile, it is proven and stays. Else the oldest proven one goes; if it was read since it was last passed
 * over, it gets another chance. So a read costs one flag and moves nothing; after 128 chances the next one goes all the
 * same, so a write costs little too. What comes back soon after it went is proven: 32 bits of each key are kept for that.
 */
export class BoundedMap<V> {
  // By the hash of their keys. Of two keys with one hash the later takes the place of the other.
  readonly #slots = new Map<number, Slot<V>>()
  readonly #new = new Queue<V>()
  readonly #proven = new Queue<V>()
  readonly #bounds: Bounds
  readonly #usesOf: (value: V) => number
  // By a part of their hash, the hashes of keys that went. Two that meet there, or are alike, do no harm.
  #gone = new Uint32Array(0)
  evictions = 0

  /** `usesOf`: how often a value was used by those who hold it themselves, which counts as reading. */
  constructor(bounds: Bounds, usesOf: (value: V) => number = () => 0) {
    this.#bounds = bounds
    this.#usesOf = usesOf
  }

  get size(): number {
    return this.#slots.size
  }

  get bytes(): number {
    return this.#new.bytes + this.#proven.bytes
  }

  get(key: string): V | undefined {
    if (this.#slots.size === 0) return undefined
    const slot = this.#slots.get(hashOf(key))
    if (slot?.key !== key) return undefined
    slot.used = true
    return slot.value
  }

  /** `bytes` is what the entry weighs. One that is heavier than the whole map is not kept. */
  set(key: string, value: V, bytes: number): void {
    const hash = hashOf(key)
    const inPlace = this.#slots.get(hash)
    if (inPlace !== undefined) this.#remove(inPlace)
    const before = inPlace?.key === key ? inPlace : undefined
    const { maxEntries, maxBytes } = this.#bounds
    if (bytes > maxBytes || maxEntries === 0) return
    // Room is made first, so that what is new is not what goes.
    while (this.size >= maxEntries || this.bytes + bytes > maxBytes) this.#evictOne()
    const { used = false, isProven = this.#wentLately(hash) } = before ?? {}
    const slot = {
      key,
      hash,
      value,
      bytes,
      usesSeen: this.#usesOf(value),
      used,
      isProven,
      older: undefined,
      newer: undefined,
    }
    this.#slots.set(hash, slot)
    this.#queueOf(slot).push(slot)
  }

  delete(key: string): void {
    if (this.#slots.size === 0) return
    const hash = hashOf(key)
    const slot = this.#slots.get(hash)
    if (slot?.key !== key) return
    this.#remove(slot)
    this.#remember(hash)
  }

  clear(): void {
    for (const slot of this.#slots.values()) this.#remove(slot)
    this.#gone = new Uint32Array(0)
  }

  /** All there is, as of each step. It does not count as reading. */
  *entries(): Generator<readonly [key: string, value: V]> {
    for (const { key, value } of this.#slots.values()) yield [key, value]
  }

  #evictOne(): void {
    for (let chances = MAX_CHANCES; ; chances--) {
      const slot = this.#next()
      if (slot === undefined) return
      this.#queueOf(slot).remove(slot)
      const uses = this.#usesOf(slot.value)
      const isUsed = slot.used || uses !== slot.usesSeen
      if (!isUsed || chances === 0) {
        this.#slots.delete(slot.hash)
        if (!slot.isProven) this.#remember(slot.hash)
        this.evictions++
        return
      }
      slot.used = false
      slot.usesSeen = uses
      slot.isProven = true
      this.#proven.push(slot)
    }
  }

  // The one whose turn it is to go. Of entries and of bytes alike: a few heavy ones are a flood as well.
  #next(): Slot<V> | undefined {
    const { size, bytes } = this.#new
    const hasItsPart = PARTS * size >= size + this.#proven.size || PARTS * bytes >= this.bytes
    return (hasItsPart ? this.#new.oldest : undefined) ?? this.#proven.oldest
  }

  #remove(slot: Slot<V>): void {
    this.#slots.delete(slot.hash)
    this.#queueOf(slot).remove(slot)
  }

  #queueOf({ isProven }: Slot<V>): Queue<V> {
    return isProven ? this.#proven : this.#new
  }

  #remember(hash: number): void {
    // As many places as there are entries, or up to twice as many.
    if (this.#gone.length < this.size) this.#gone = new Uint32Array(2 ** Math.ceil(Math.log2(this.size + 1)))
    this.#gone[(hash >>> 0) % this.#gone.length] = hash
  }

  #wentLately(hash: number): boolean {
    return this.#gone[(hash >>> 0) % this.#gone.length] === hash >>> 0
  }
}

/** Slots in the order in which they came; any of them can leave. */
class Queue<V> {
  oldest: Slot<V> | undefined
  #newest: Slot<V> | undefined
  size = 0
  bytes = 0

  push(slot: Slot<V>): void {
    slot.older = this.#newest
    slot.newer = undefined
    if (this.#newest === undefined) this.oldest = slot
    else this.#newest.newer = slot
    this.#newest = slot
    this.size++
    this.bytes += slot.bytes
  }

  remove(slot: Slot<V>): void {
    const { older, newer } = slot
    if (older === undefined) this.oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    this.size--
    this.bytes -= slot.bytes
  }
}
