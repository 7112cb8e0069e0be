import { HEADER_OCTETS } from './constants.ts'
import { lowerCase, MAX_LABEL_OCTETS, MAX_NAME_OCTETS, type Name } from './name.ts'

/** The message breaks the wire format; `message` says where. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage'
}

// A name has at most 127 labels; pointers to pointers are of no use to anyone.
const MAX_POINTERS = 127

export interface NameRead {
  readonly name: Name
  /** Where the next field begins. */
  readonly end: number
}

/**
 * Reads a name of a message, following compression pointers (RFC 1035 §4.1.4). A pointer must go back beyond where the
 * present run of labels began, so reading always ends; the name is at most 255 octets, so it ends soon. Nor may it lead
 * into the header, which changes with each hop.
 */
export function readName(bytes: Buffer, offset: number): NameRead {
  let wire = ''
  let octets = 0
  let at = offset
  let runStart = offset
  let end: number | undefined
  let pointers = 0
  for (;;) {
    const length = bytes[at]
    if (length === undefined) throw new MalformedMessage(`message ends within a name at ${offset}`)
    if (length >= 0xc0) {
      const target = pointerAt(bytes, at)
      if (++pointers > MAX_POINTERS)
        throw new MalformedMessage(`more than ${MAX_POINTERS} compression pointers at ${offset}`)
      if (target >= runStart) throw new MalformedMessage(`compression pointer at ${at} does not point back`)
      end ??= at + 2
      wire += bytes.toString('latin1', runStart, at)
      at = runStart = target
    } else if (length > MAX_LABEL_OCTETS) {
      throw new MalformedMessage(`label type 0x${length.toString(16)} at ${at}`)
    } else {
      at += length + 1
      octets += length + 1
      if (at > bytes.length) throw new MalformedMessage(`message ends within a label at ${offset}`)
      if (octets > MAX_NAME_OCTETS) throw new MalformedMessage(`name of more than 255 octets at ${offset}`)
      if (length !== 0) continue
      wire += bytes.toString('latin1', runStart, at)
      return { name: lowerCase(wire) as Name, end: end ?? at }
    }
  }
}

function pointerAt(bytes: Buffer, at: number): number {
  const low = bytes[at + 1]
  if (low === undefined) throw new MalformedMessage(`message ends within a compression pointer at ${at}`)
  const target = (((bytes[at] as number) & 0x3f) << 8) | low
  if (target < HEADER_OCTETS) throw new MalformedMessage(`compression pointer at ${at} into the header`)
  return target
}
