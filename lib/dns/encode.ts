import { HEADER_OCTETS, MAX_MESSAGE_OCTETS } from './constants.ts'
import { copyOf } from './copy-of.ts'
import type { Name } from './name.ts'
import { ROOT } from './name.ts'
import { RDATA_LAYOUTS } from './rdata-layout.ts'
import type { ResourceRecord } from './record.ts'

const FIRST_UNREACHABLE_OFFSET = 0x4000 // pointers have 14 bits
const MAX_COMPRESSED_SUFFIXES = 1024 // bounds the work for one message (cf. CVE-2024-8508)

// Room for the OPT record of the reply and its options.
const MAX_OCTETS = MAX_MESSAGE_OCTETS - 1024

/** Where a record came to stand. */
interface EncodedRecord {
  readonly record: ResourceRecord
  readonly start: number
  readonly ttlAt: number
  readonly end: number
}

export interface Encoded {
  /** Id and flags are 0. */
  readonly bytes: Buffer
  readonly questionEnd: number
  readonly records: readonly EncodedRecord[]
  /** Records that did not fit. */
  readonly dropped: number
}

export interface Sections {
  readonly answer: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
  readonly additional: readonly ResourceRecord[]
}

/** Writes messages with name compression (RFC 1035 §4.1.4) into one scratch buffer, used again and again. */
class Writer {
  readonly scratch = Buffer.alloc(2 * MAX_MESSAGE_OCTETS + 512)
  readonly #suffixes = new Map<string, number>()
  at = 0

  reset(): void {
    this.#suffixes.clear()
    this.scratch.fill(0, 0, HEADER_OCTETS)
    this.at = HEADER_OCTETS
  }

  uint16(value: number): void {
    this.at = this.scratch.writeUInt16BE(value, this.at)
  }

  uint32(value: number): void {
    this.at = this.scratch.writeUInt32BE(value, this.at)
  }

  octets(octets: Buffer): void {
    this.at += octets.copy(this.scratch, this.at)
  }

  name(name: Name, compress: boolean): void {
    for (let from = 0; from < name.length - 1; from += name.charCodeAt(from) + 1) {
      const suffix = name.slice(from)
      const target = this.#suffixes.get(suffix)
      if (compress && target !== undefined) return this.uint16(0xc000 | target)
      if (target === undefined && this.at < FIRST_UNREACHABLE_OFFSET && this.#suffixes.size < MAX_COMPRESSED_SUFFIXES) {
        this.#suffixes.set(suffix, this.at)
      }
      this.at += this.scratch.write(name.slice(from, from + name.charCodeAt(from) + 1), this.at, 'latin1')
    }
    this.at += this.scratch.write(ROOT, this.at, 'latin1')
  }

  record(record: ResourceRecord): EncodedRecord {
    const start = this.at
    this.name(record.owner, true)
    this.uint16(record.type)
    this.uint16(record.class)
    const ttlAt = this.at
    this.uint32(record.ttlSeconds)
    const lengthAt = this.at
    this.uint16(0)
    const compress = RDATA_LAYOUTS.get(record.type)?.compressible ?? false
    for (const piece of record.rdata) {
      if ('name' in piece) this.name(piece.name, compress)
      else this.octets(piece.octets)
    }
    this.scratch.writeUInt16BE(this.at - lengthAt - 2, lengthAt)
    return { record, start, ttlAt, end: this.at }
  }
}

const writer = new Writer()

/**
 * Writes a response of one question. What does not fit into a message is left out, whole records from the end
 * (RFC 2181 §9 asks for TC only if what is left out was needed; over TCP there is nothing larger to retry with).
 */
export function encode(
  question: { readonly name: Name; readonly type: number; readonly class: number },
  sections: Sections,
): Encoded {
  writer.reset()
  writer.name(question.name, false)
  writer.uint16(question.type)
  writer.uint16(question.class)
  const questionEnd = writer.at
  const records: EncodedRecord[] = []
  const counts = [0, 0, 0]
  let dropped = 0
  for (const [section, list] of [sections.answer, sections.authority, sections.additional].entries()) {
    for (const record of list) {
      const written = dropped === 0 ? writer.record(record) : undefined
      if (written === undefined || written.end > MAX_OCTETS) dropped++
      else {
        records.push(written)
        counts[section] = (counts[section] ?? 0) + 1
      }
    }
  }
  const bytes = copyOf(writer.scratch.subarray(0, records.at(-1)?.end ?? questionEnd))
  for (const [i, count] of [1, ...counts].entries()) bytes.writeUInt16BE(count, 4 + 2 * i)
  return { bytes, questionEnd, records, dropped }
}
