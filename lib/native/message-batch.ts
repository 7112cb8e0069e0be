import type { Library } from './library.ts'
import { Memory } from './memory.ts'
import { ADDRESS_OCTETS } from './socket-address.ts'

// struct mmsghdr of Linux on 64 bits, in octets: name 0, namelen 8, iov 16, iovlen 24, control 32, controllen 40,
// flags 48; then the length of the message, 56. With musl the halves that it pads are zero: the same on little-endian.
const HEADER_OCTETS = 64
const VECTOR_OCTETS = 16
const NAME_OCTETS = 32

const HEADER_WORDS = HEADER_OCTETS / 4
const NAME_LENGTH = 2
const VECTOR_COUNT = 6
const FLAGS = 12
const LENGTH = 14
const VECTOR_WORDS = VECTOR_OCTETS / 4
const VECTOR_LENGTH = 2

const MSG_TRUNC = 0x20

// Control data of the first message: struct cmsghdr (length 8 octets, level, type), and seconds and nanoseconds.
const CONTROL_OCTETS = 32
const CONTROL_LENGTH = 10
const CONTROL_LEVEL = 2
const CONTROL_TYPE = 3
const SECONDS = 4
const NANOSECONDS = 6
const SOL_SOCKET = 1
const SCM_TIMESTAMPNS = 35

/** Room for so many datagrams of so many octets with their addresses, as `recvmmsg` and `sendmmsg` take it. */
export class MessageBatch {
  readonly capacity: number
  readonly slotOctets: number
  readonly #headers: Memory
  readonly #vectors: Memory
  readonly #names: Memory
  readonly #payloads: Memory
  readonly #control: Memory
  #hasControl = false

  constructor(library: Library, capacity: number, slotOctets: number) {
    if (!Number.isInteger(capacity) || capacity <= 0 || capacity > 1024) throw new RangeError(`${capacity} messages`)
    if (!Number.isInteger(slotOctets) || slotOctets <= 0 || slotOctets > 0xffff)
      throw new RangeError(`${slotOctets} octets`)
    this.capacity = capacity
    this.slotOctets = slotOctets
    this.#headers = new Memory(library, capacity * HEADER_OCTETS)
    this.#vectors = new Memory(library, capacity * VECTOR_OCTETS)
    this.#names = new Memory(library, capacity * NAME_OCTETS)
    this.#payloads = new Memory(library, capacity * slotOctets)
    this.#control = new Memory(library, CONTROL_OCTETS)
    for (let i = 0; i < capacity; i++) this.#connect(i)
    this.expect(capacity)
  }

  #connect(i: number): void {
    const header = i * HEADER_OCTETS
    this.#headers.bytes.writeBigUInt64LE(this.#names.pointerAt(i * NAME_OCTETS), header)
    this.#headers.bytes.writeBigUInt64LE(this.#vectors.pointerAt(i * VECTOR_OCTETS), header + 16)
    this.#headers.words[i * HEADER_WORDS + VECTOR_COUNT] = 1
    this.#vectors.bytes.writeBigUInt64LE(this.#payloads.pointerAt(i * this.slotOctets), i * VECTOR_OCTETS)
  }

  /** What `recvmmsg` and `sendmmsg` are given, from the message `first` on. */
  pointerFrom(first: number): bigint {
    return first === 0 ? this.#headers.pointer : this.#headers.pointerAt(first * HEADER_OCTETS)
  }

  /** Makes the first `count` ready to receive into. */
  expect(count: number): void {
    if (count > this.capacity) throw new RangeError(`${count} messages of ${this.capacity}`)
    const { words } = this.#headers
    for (let i = 0; i < count; i++) {
      words[i * HEADER_WORDS + NAME_LENGTH] = ADDRESS_OCTETS
      words[i * HEADER_WORDS + FLAGS] = 0
      words[i * HEADER_WORDS + LENGTH] = 0
      this.#vectors.words[i * VECTOR_WORDS + VECTOR_LENGTH] = this.slotOctets
    }
  }

  /** Makes room for what the system tells of the first one beside it. For batches that nothing is sent from. */
  expectTime(): void {
    if (!this.#hasControl) this.#headers.bytes.writeBigUInt64LE(this.#control.pointer, 32)
    this.#hasControl = true
    this.#headers.words[CONTROL_LENGTH] = CONTROL_OCTETS
    this.#control.words[CONTROL_TYPE] = 0
  }

  /** When the first one came, in milliseconds since 1970; undefined if that was not asked for, or not told. */
  receivedAtMs(): number | undefined {
    const { words } = this.#control
    if (words[CONTROL_LEVEL] !== SOL_SOCKET || words[CONTROL_TYPE] !== SCM_TIMESTAMPNS) return undefined
    const seconds = (words[SECONDS] ?? 0) + (words[SECONDS + 1] ?? 0) * 2 ** 32
    return seconds * 1000 + (words[NANOSECONDS] ?? 0) / 1e6
  }

  /** A copy of what was received as number `i`. */
  received(i: number): Buffer {
    const length = Math.min(this.#headers.words[this.#at(i) + LENGTH] ?? 0, this.slotOctets)
    const packet = Buffer.allocUnsafe(length)
    const start = i * this.slotOctets
    this.#payloads.bytes.copy(packet, 0, start, start + length)
    return packet
  }

  /** Whether it did not fit. */
  isTruncated(i: number): boolean {
    return ((this.#headers.words[this.#at(i) + FLAGS] ?? 0) & MSG_TRUNC) !== 0
  }

  /** Where number `i` came from, until something else is received. */
  sender(i: number): Buffer {
    const start = i * NAME_OCTETS
    return this.#names.bytes.subarray(start, start + Math.min(this.#nameLength(i), ADDRESS_OCTETS))
  }

  /** Makes number `i` one to send: copies both. */
  put(i: number, packet: Buffer, receiver: Buffer): void {
    const header = this.#at(i)
    if (packet.length > this.slotOctets) throw new RangeError(`${packet.length} octets into ${this.slotOctets}`)
    if (receiver.length > ADDRESS_OCTETS) throw new RangeError(`an address of ${receiver.length} octets`)
    packet.copy(this.#payloads.bytes, i * this.slotOctets)
    receiver.copy(this.#names.bytes, i * NAME_OCTETS)
    this.#headers.words[header + NAME_LENGTH] = receiver.length
    this.#vectors.words[i * VECTOR_WORDS + VECTOR_LENGTH] = packet.length
  }

  /** Where the header of number `i` begins, counted in words. */
  #at(i: number): number {
    if (!Number.isInteger(i) || i < 0 || i >= this.capacity) throw new RangeError(`message ${i} of ${this.capacity}`)
    return i * HEADER_WORDS
  }

  #nameLength(i: number): number {
    return this.#headers.words[this.#at(i) + NAME_LENGTH] ?? 0
  }
}
