/** Identical work in progress is done once: whoever asks meanwhile gets the same promise. */
export class SingleFlight<V> {
  readonly #underWay = new Map<string, Promise<V>>()
  joined = 0

  get size(): number {
    return this.#underWay.size
  }

  run(key: string, start: () => Promise<V>): Promise<V> {
    const already = this.#underWay.get(key)
    if (already !== undefined) {
      this.joined++
      return already
    }
    const work = start()
    this.#underWay.set(key, work)
    const end = () => void this.#underWay.delete(key)
    work.then(end, end)
    return work
  }
}
