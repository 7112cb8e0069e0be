const NEWLINE = 10

/** Cuts a stream of octets into lines, however they are split over chunks. */
export class LineReader {
  readonly #maxOctets: number
  #parts: Buffer[] = []
  #octets = 0
  #skipping = false
  /** Lines that were longer than allowed, and are left out. */
  skipped = 0

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets
  }

  /** The lines that end in this chunk, without the newline. What is cut off by the end of the stream is never one. */
  *push(chunk: Buffer): Generator<Buffer, undefined> {
    for (let start = 0; start < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, start)
      const end = newline === -1 ? chunk.length : newline
      this.#keep(chunk.subarray(start, end))
      if (newline === -1) return
      start = newline + 1
      const line = this.#take()
      if (line !== undefined && line.length > 0) yield line
    }
  }

  #keep(part: Buffer): void {
    this.#octets += part.length
    if (this.#octets > this.#maxOctets) {
      this.#skipping = true
      this.#parts = []
    }
    if (!this.#skipping) this.#parts.push(part)
  }

  #take(): Buffer | undefined {
    const parts = this.#parts
    const isWhole = !this.#skipping
    if (!isWhole) this.skipped++
    this.#parts = []
    this.#octets = 0
    this.#skipping = false
    if (!isWhole) return undefined
    return parts.length === 1 ? parts[0] : Buffer.concat(parts)
  }
}
