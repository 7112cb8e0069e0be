import { MAX_MESSAGE_OCTETS } from '../dns/constants.ts'

const LENGTH_OCTETS = 2

/**
 * Where frames (RFC 1035 §4.2.2) are put together that leave in one write (RFC 7766 §8): one for all connections, as each
 * writes before another one begins. So replies that the system takes at once leave nothing behind for the collector of
 * garbage: with a buffer for each, connections that asked for large replies made it stop everybody 15 times a second.
 */
export class SendBuffer {
  #octets = Buffer.allocUnsafeSlow(LENGTH_OCTETS + MAX_MESSAGE_OCTETS)
  #end = 0

  /** All of it. */
  get capacity(): number {
    return this.#octets.length
  }

  /** Whether it is better written than filled further: what a client does not take should be known before there is more of it. */
  get isFull(): boolean {
    return this.#end > this.#octets.length / 2
  }

  /** Where a message of so many octets can be written, to be put next; undefined if it does not fit behind the others. */
  readonly room = (octets: number): Buffer | undefined => {
    const start = this.#end + LENGTH_OCTETS
    return start + octets > this.#octets.length ? undefined : this.#octets.subarray(start, start + octets)
  }

  /** Whether there was room for it. In an empty buffer there is, for any message. */
  put(message: Buffer): boolean {
    const start = this.#end + LENGTH_OCTETS
    const end = start + message.length
    if (end > this.#octets.length) return false
    this.#octets.writeUInt16BE(message.length, this.#end)
    const isThere = message.buffer === this.#octets.buffer && message.byteOffset === this.#octets.byteOffset + start
    if (!isThere) message.copy(this.#octets, start)
    this.#end = end
    return true
  }

  /** What was put, as frames, which is good until the next one is put. Empties it. */
  take(): Buffer {
    const frames = this.#octets.subarray(0, this.#end)
    this.#end = 0
    return frames
  }

  /**
   * What was taken stays as it is: further frames go elsewhere. The returned function frees its memory at once, as the
   * collector of garbage might not come by for minutes.
   */
  giveAway(): () => void {
    const { buffer } = this.#octets
    this.#octets = Buffer.allocUnsafeSlow(this.#octets.length)
    return () => void buffer.transfer(0)
  }
}
