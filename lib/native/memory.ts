import type { Library } from './library.ts'

/**
 * Octets that the system is told the address of. They stay where they are as long as this object is referenced: whoever
 * hands out `pointer` for longer than a call keeps the object.
 */
export class Memory {
  readonly bytes: Buffer<ArrayBuffer>
  readonly words: Uint32Array<ArrayBuffer>
  readonly pointer: bigint
  readonly length: number

  constructor(library: Library, length: number) {
    if (!Number.isSafeInteger(length) || length <= 0) throw new RangeError(`${length} octets of memory`)
    // An array buffer of its own: one from a pool would be shared with others.
    const octets = new ArrayBuffer(Math.ceil(length / 8) * 8)
    this.bytes = Buffer.from(octets, 0, length)
    this.words = new Uint32Array(octets)
    this.pointer = library.pointerTo(octets)
    this.length = length
  }

  /** The address of one of its octets. */
  pointerAt(at: number): bigint {
    if (!Number.isSafeInteger(at) || at < 0 || at >= this.length) throw new RangeError(`octet ${at} of ${this.length}`)
    return this.pointer + BigInt(at)
  }

  /** Text up to the first zero octet. */
  text(): string {
    const end = this.bytes.indexOf(0)
    return this.bytes.toString('latin1', 0, end < 0 ? this.length : end)
  }
}
