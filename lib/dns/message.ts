import { FLAG, HEADER_OCTETS, TYPE } from './constants.ts'
import { EDE_OPTION, type ExtendedError } from './extended-error.ts'
import { checkRdata } from './expand-rdata.ts'
import { type Name, ROOT } from './name.ts'
import { MalformedMessage, readName } from './read-name.ts'

type Section = 'answer' | 'authority' | 'additional'

/** A record where it stands in a message. Offsets count from the message's first octet. */
export interface PlacedRecord {
  readonly section: Section
  readonly owner: Name
  readonly type: number
  readonly class: number
  readonly ttlSeconds: number
  readonly start: number
  readonly ttlAt: number
  readonly rdataAt: number
  readonly end: number
}

/** A message of somebody else, checked from end to end, its octets untouched. */
export interface Message {
  readonly bytes: Buffer
  readonly flags: number
  /** With the upper bits from EDNS (RFC 6891 §6.1.3). */
  readonly rcode: number
  readonly question: { readonly name: Name; readonly type: number; readonly class: number; readonly end: number }
  /** Without OPT. */
  readonly records: readonly PlacedRecord[]
  readonly opt: PlacedRecord | undefined
}

/** Reads a message of exactly one question. Throws MalformedMessage. Octets behind the last record are cut off. */
export function readMessage(bytes: Buffer): Message {
  if (bytes.length < HEADER_OCTETS) throw new MalformedMessage(`message of ${bytes.length} octets`)
  if (bytes.readUInt16BE(4) !== 1) throw new MalformedMessage(`${bytes.readUInt16BE(4)} questions`)
  const { name, end: nameEnd } = readName(bytes, HEADER_OCTETS)
  if (nameEnd + 4 > bytes.length) throw new MalformedMessage('message ends within the question')
  const end = nameEnd + 4
  const all = readRecords(bytes, end, name)
  const opt = all.find(isOpt)
  if (opt !== undefined) checkOpt(opt, all)
  const flags = bytes.readUInt16BE(2)
  const messageEnd = all.at(-1)?.end ?? end
  return {
    bytes: messageEnd === bytes.length ? bytes : bytes.subarray(0, messageEnd),
    flags,
    rcode: (opt === undefined ? 0 : (opt.ttlSeconds >>> 24) << 4) | (flags & 0xf),
    question: { name, type: bytes.readUInt16BE(nameEnd), class: bytes.readUInt16BE(nameEnd + 2), end },
    records: opt === undefined ? all : all.filter((record) => record !== opt),
    opt,
  }
}

const isOpt = ({ type }: PlacedRecord): boolean => type === TYPE.OPT

// RFC 6891 §6.1.1: once, among the additional records, of the root.
function checkOpt({ section, owner, start }: PlacedRecord, all: readonly PlacedRecord[]): void {
  if (all.filter(isOpt).length > 1) throw new MalformedMessage('more than one OPT record')
  if (section !== 'additional' || owner !== ROOT) throw new MalformedMessage(`OPT record out of place at ${start}`)
}

// The counts are not trusted: each record has to be there, so the length of the message bounds their number.
function readRecords(bytes: Buffer, offset: number, asked: Name): PlacedRecord[] {
  const records: PlacedRecord[] = []
  let at = offset
  for (const [i, section] of (['answer', 'authority', 'additional'] as const).entries()) {
    for (let left = bytes.readUInt16BE(6 + 2 * i); left > 0; left--) {
      const record = readRecord(bytes, at, { section, asked })
      records.push(record)
      at = record.end
    }
  }
  return records
}

function readRecord(
  bytes: Buffer,
  start: number,
  { section, asked }: { readonly section: Section; readonly asked: Name },
): PlacedRecord {
  // Most owners are a pointer to the question: one string for all of them.
  const isAsked = bytes[start] === 0xc0 && bytes[start + 1] === HEADER_OCTETS
  const { name: owner, end: at } = isAsked ? { name: asked, end: start + 2 } : readName(bytes, start)
  const rdataAt = at + 10
  if (rdataAt > bytes.length) throw new MalformedMessage(`message ends within the record at ${start}`)
  const end = rdataAt + bytes.readUInt16BE(at + 8)
  if (end > bytes.length) throw new MalformedMessage(`message ends within the RDATA at ${rdataAt}`)
  const type = bytes.readUInt16BE(at)
  checkRdata(bytes, type, rdataAt, end)
  const ttlSeconds = bytes.readUInt32BE(at + 4)
  return { section, owner, type, class: bytes.readUInt16BE(at + 2), ttlSeconds, start, ttlAt: at + 4, rdataAt, end }
}

export const isTruncated = (message: Message): boolean => (message.flags & FLAG.TC) !== 0

/** The extended errors that came with it (RFC 8914). A broken option list counts as none. */
export function extendedErrorsOf({ bytes, opt }: Message): ExtendedError[] {
  const errors: ExtendedError[] = []
  if (opt === undefined) return errors
  for (let at = opt.rdataAt; at + 4 <= opt.end; ) {
    const end = at + 4 + bytes.readUInt16BE(at + 2)
    if (end > opt.end) break
    if (bytes.readUInt16BE(at) === EDE_OPTION && end - at >= 6) {
      errors.push({ code: bytes.readUInt16BE(at + 4), text: bytes.toString('utf8', at + 6, end) })
    }
    at = end
  }
  return errors
}
