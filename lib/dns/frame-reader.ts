import { framed } from './framed.ts'

const EMPTY = Buffer.alloc(0)
const LENGTH_OCTETS = 2
const SMALLEST_BUFFER_OCTETS = 512

/** Cuts a TCP stream into messages by their length prefix (RFC 1035 §4.2.2), however it is split or run together. */
export class FrameReader {
  /** A message whose end came with the chunk in `#buffer`. */
  #joined: Buffer | undefined
  #buffer: Buffer = EMPTY
  #start = 0
  #end = 0

  push(chunk: Buffer): void {
    const held = this.#end - this.#start
    if (held === 0) return this.#begin(chunk, 0)
    // Of a pipeline only the message that was cut is copied.
    const missing = this.#missing(chunk)
    if (this.#joined === undefined && missing > 0 && missing <= chunk.length) {
      const rest = this.#buffer.subarray(this.#start, this.#end)
      this.#joined = Buffer.concat([rest, chunk.subarray(0, missing)]).subarray(LENGTH_OCTETS)
      return this.#begin(chunk, missing)
    }
    // Twice the room that is needed, so that a message sent octet by octet is not copied once for each.
    if (this.#buffer.length - this.#end < chunk.length) {
      const larger = Buffer.allocUnsafe(Math.max(SMALLEST_BUFFER_OCTETS, 2 * (held + chunk.length)))
      this.#buffer.copy(larger, 0, this.#start, this.#end)
      this.#buffer = larger
      this.#start = 0
      this.#end = held
    }
    this.#end += chunk.copy(this.#buffer, this.#end)
  }

  /** The next whole message, if there is one. Its octets are never overwritten. */
  next(): Buffer | undefined {
    if (this.#joined !== undefined) {
      const message = this.#joined
      this.#joined = undefined
      return message
    }
    const messageAt = this.#start + LENGTH_OCTETS
    if (messageAt > this.#end) return undefined
    const end = messageAt + this.#buffer.readUInt16BE(this.#start)
    if (end > this.#end) return undefined
    this.#start = end
    return this.#buffer.subarray(messageAt, end)
  }

  #begin(chunk: Buffer, at: number): void {
    this.#buffer = chunk
    this.#start = at
    this.#end = chunk.length
  }

  /** What the first message that is held lacks, the next chunk being this one; not above 0 if it is whole. */
  #missing(chunk: Buffer): number {
    const held = this.#end - this.#start
    const high = this.#buffer[this.#start] as number
    const low = held > 1 ? this.#buffer[this.#start + 1] : chunk[0]
    return LENGTH_OCTETS + 256 * high + (low ?? 0) - held
  }
}

/** Length and message, to be sent in one write (RFC 7766 §8). */
export const frame = (message: Buffer): Buffer => framed([message])
