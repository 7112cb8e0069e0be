const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const BRACES = { open: 0x7b, close: 0x7d }
const BRACKETS = { open: 0x5b, close: 0x5d }
const ITEMS = '"items":['
const SPACE = 0x20 // and what is below it

// How deep we are: within the list, its `items`, or an item.
const IN_LIST = 1
const IN_ITEMS = 2

/**
 * Takes a List of the Kubernetes API apart while it arrives: each item as its own octets, and what is around the items
 * at the end. So a list of any length is parsed item by item, with time for queries in between, and is never in memory
 * as a whole.
 */
export class ListReader {
  readonly #maxItemOctets: number
  readonly #around: Buffer[] = []
  #aroundOctets = 0
  /** Of the item under way. */
  #parts: Buffer[] = []
  #octets = 0
  #items: Buffer[] = []
  #depth = 0
  #inItems = false
  #inString = false
  #escaped = false
  /** The last characters directly in the list, but for white space. */
  #tail = ''
  /** Items that were longer than allowed, and are left out. */
  skipped = 0

  constructor(maxItemOctets: number) {
    this.#maxItemOctets = maxItemOctets
  }

  /** The items that end in this chunk. Throws if there is more around the items than an item may have. */
  push(chunk: Buffer): readonly Buffer[] {
    this.#items = []
    // What has not been put anywhere yet begins here.
    let start = 0
    for (let i = 0; i < chunk.length; i++) {
      const octet = chunk[i] as number
      if (this.#depth === IN_LIST && octet > SPACE) this.#note(octet)
      if (this.#inString) this.#readString(octet)
      else if (octet === QUOTE) this.#inString = true
      else if (isOpening(octet)) start = this.#open(chunk, start, i)
      else if (isClosing(octet)) start = this.#close(chunk, start, i)
      else if (octet === COMMA && this.#inItems && this.#depth === IN_ITEMS) start = i + 1
    }
    this.#keep(chunk.subarray(start))
    return this.#items
  }

  /** What is around the items, which are an empty list in it. Throws if the list is not whole. */
  end(): unknown {
    if (this.#depth !== 0 || this.#aroundOctets === 0) throw new Error('a list that ended before its end')
    return JSON.parse(Buffer.concat(this.#around).toString())
  }

  #note(octet: number): void {
    this.#tail = (this.#tail + String.fromCharCode(octet)).slice(-ITEMS.length)
  }

  #readString(octet: number): void {
    if (this.#escaped) this.#escaped = false
    else if (octet === BACKSLASH) this.#escaped = true
    else if (octet === QUOTE) this.#inString = false
  }

  #open(chunk: Buffer, start: number, at: number): number {
    this.#depth++
    if (this.#inItems || this.#depth !== IN_ITEMS || chunk[at] !== BRACKETS.open) return start
    this.#keep(chunk.subarray(start, at + 1))
    this.#inItems = this.#tail === ITEMS
    return at + 1
  }

  #close(chunk: Buffer, start: number, at: number): number {
    this.#depth--
    if (!this.#inItems) return start
    if (this.#depth === IN_ITEMS) {
      this.#keep(chunk.subarray(start, at + 1))
      this.#endItem()
      return at + 1
    }
    if (this.#depth !== IN_LIST) return start
    // White space after the last item.
    this.#parts = []
    this.#octets = 0
    this.#inItems = false
    return at
  }

  #keep(part: Buffer): void {
    if (this.#inItems) {
      this.#octets += part.length
      if (this.#octets <= this.#maxItemOctets) this.#parts.push(part)
      else this.#parts = []
      return
    }
    this.#aroundOctets += part.length
    if (this.#aroundOctets > this.#maxItemOctets) throw new Error('a list with more around its items than in them')
    this.#around.push(part)
  }

  #endItem(): void {
    if (this.#octets > this.#maxItemOctets) this.skipped++
    else this.#items.push(this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts))
    this.#parts = []
    this.#octets = 0
  }
}

const isOpening = (octet: number): boolean => octet === BRACES.open || octet === BRACKETS.open

const isClosing = (octet: number): boolean => octet === BRACES.close || octet === BRACKETS.close
