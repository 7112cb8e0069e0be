import { hashOf } from './hash-of.ts'

/** Identical work in progress is done once: whoever asks meanwhile gets the same promise. */
export class SingleFlight<V> {
  // By the hash of the key. Of two keys with one hash only the first is remembered.
  readonly #underWay = new Map<number, { readonly key: string; readonly promise: Promise<V> }>()
  joined = 0

  get size(): number {
    return this.#underWay.size
  }

  run(key: string, start: () => Promise<V>): Promise<V> {
    const hash = hashOf(key)
    const already = this.#underWay.get(hash)
    if (already?.key === key) {
      this.joined++
      return already.promise
    }
    const promise = start()
    if (already !== undefined) return promise
    this.#underWay.set(hash, { key, promise })
    const end = () => void this.#underWay.delete(hash)
    promise.then(end, end)
    return promise
  }
}
