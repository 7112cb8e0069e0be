import { framed } from './framed.ts'

const EMPTY = Buffer.alloc(0)
const LENGTH_OCTETS = 2
const SMALLEST_BUFFER_OCTETS = 512

/** Cuts a TCP stream into messages by their length prefix (RFC 1035 §4.2.2), however it is split or run together. */
export class FrameReader {
  #buffer: Buffer = EMPTY
  #start = 0
  #end = 0

  push(chunk: Buffer): void {
    const held = this.#end - this.#start
    if (held === 0) {
      this.#buffer = chunk
      this.#start = 0
      this.#end = chunk.length
      return
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
    const messageAt = this.#start + LENGTH_OCTETS
    if (messageAt > this.#end) return undefined
    const end = messageAt + this.#buffer.readUInt16BE(this.#start)
    if (end > this.#end) return undefined
    this.#start = end
    return this.#buffer.subarray(messageAt, end)
  }
}

/** Length and message, to be sent in one write (RFC 7766 §8). */
export const frame = (message: Buffer): Buffer => framed([message])
