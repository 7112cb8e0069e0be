import { HEADER_OCTETS } from './constants.ts'
import { lowerCase, MAX_LABEL_OCTETS, MAX_NAME_OCTETS, type Name } from './name.ts'

/** The message breaks the wire format; `message` says where. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage'
}

// One for each of so many names in one message of which each is below the one before. With 127, as many as a name may
// have labels, a message of 64 KiB took 75 to 250 ms to read; with 16, 13 to 30.
const MAX_POINTERS = 16

export interface NameRead {
  readonly name: Name
  /** Where the next field begins. */
  readonly end: number
}

/**
 * Reads a name of a message, following compression pointers (RFC 1035 §4.1.4). A pointer must go back beyond where the
 * present run of labels began, and what it leads to must end before that: so reading always ends, and a name does not
 * depend on what stands behind it. Nor may it lead into the header, which changes with each hop. The name is at most 255
 * octets, so reading ends soon.
 */
export function readName(bytes: Buffer, offset: number): NameRead {
  let wire = ''
  let octets = 0
  let at = offset
  let runStart = offset
  let limit = bytes.length
  let end: number | undefined
  let pointers = 0
  for (;;) {
    if (at >= limit) throw new MalformedMessage(`${cutOff(bytes, limit)} within a name at ${offset}`)
    const length = bytes[at] as number
    if (length >= 0xc0) {
      const target = pointerAt(bytes, at, limit)
      if (++pointers > MAX_POINTERS)
        throw new MalformedMessage(`more than ${MAX_POINTERS} compression pointers at ${offset}`)
      if (target >= runStart) throw new MalformedMessage(`compression pointer at ${at} does not point back`)
      end ??= at + 2
      wire += bytes.toString('latin1', runStart, at)
      limit = runStart
      at = runStart = target
    } else if (length > MAX_LABEL_OCTETS) {
      throw new MalformedMessage(`label type 0x${length.toString(16)} at ${at}`)
    } else {
      at += length + 1
      octets += length + 1
      if (at > limit) throw new MalformedMessage(`${cutOff(bytes, limit)} within a label at ${offset}`)
      if (octets > MAX_NAME_OCTETS) throw new MalformedMessage(`name of more than 255 octets at ${offset}`)
      if (length !== 0) continue
      wire += bytes.toString('latin1', runStart, at)
      return { name: lowerCase(wire) as Name, end: end ?? at }
    }
  }
}

const cutOff = (bytes: Buffer, limit: number): string =>
  limit === bytes.length ? 'message ends' : 'what is pointed to runs on'

function pointerAt(bytes: Buffer, at: number, limit: number): number {
  if (at + 1 >= limit) throw new MalformedMessage(`${cutOff(bytes, limit)} within a compression pointer at ${at}`)
  const target = bytes.readUInt16BE(at) & 0x3fff
  if (target < HEADER_OCTETS) throw new MalformedMessage(`compression pointer at ${at} into the header`)
  return target
}
