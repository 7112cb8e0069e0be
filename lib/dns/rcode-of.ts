import { TYPE } from './constants.ts'

const RECORD_COUNTS = 0x0000_0001 // no answer and no authority, and nothing but OPT beside them
const LAST_QUESTION_OCTETS = 5

/** The rcode of a reply that we wrote, with its upper bits (RFC 6891 §6.1.3): only what is nothing but question and OPT has any. */
export function rcodeOf(reply: Buffer): number {
  const low = (reply[3] as number) & 0xf
  if (reply.readUInt16BE(6) !== 0 || reply.readUInt32BE(8) !== RECORD_COUNTS) return low
  let offset = 12
  if (reply.readUInt16BE(4) !== 0) {
    while (reply[offset] !== 0) offset += 1 + (reply[offset] as number)
    offset += LAST_QUESTION_OCTETS
  }
  return reply[offset + 2] === TYPE.OPT ? ((reply[offset + 5] as number) << 4) | low : low
}
