/** Draws values from octets, one after the other; when there are none left, zeros. */
export class Draw {
  readonly #octets: Buffer
  #at = 0

  constructor(octets: Buffer) {
    this.#octets = octets
  }

  get isDone(): boolean {
    return this.#at >= this.#octets.length
  }

  /** From 0 to `below` - 1, of at most 256. */
  below(below: number): number {
    return (this.#octets[this.#at++] ?? 0) % below
  }

  uint16(): number {
    return (this.below(256) << 8) | this.below(256)
  }

  uint32(): number {
    return this.uint16() * 65_536 + this.uint16()
  }

  flag(): boolean {
    return this.below(2) === 1
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }

  /** At most so many. */
  octets(count: number): Buffer {
    const start = this.#at
    this.#at += count
    return this.#octets.subarray(start, this.#at)
  }

  rest(): Buffer {
    return this.octets(this.#octets.length)
  }
}
