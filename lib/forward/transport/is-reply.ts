import { HEADER_OCTETS } from '../../dns/constants.ts'
import { QUESTION_TAIL_OCTETS, questionEndOf } from './question-end.ts'

const LETTER_CASE_BIT = 0x20

/**
 * Whether `reply` answers `query`, sent with this id (RFC 5452 §9.1): QR, opcode and the whole question; with `matchCase`,
 * letters must be spelled as they were asked (draft-vixie-dnsext-dns0x20). Octet by octet, since this is done for every
 * reply: no strings are made. The query is one of our own, whole and without compression.
 */
export function isReply(reply: Buffer, query: Buffer, id: number, matchCase: boolean): boolean {
  const end = questionEndOf(query)
  if (reply.length < end || reply[0] !== id >>> 8 || reply[1] !== (id & 0xff)) return false
  if (!isResponseOfOneQuestion(reply)) return false
  const nameEnd = end - QUESTION_TAIL_OCTETS
  for (let at = HEADER_OCTETS; at < end; at++) {
    if (reply[at] === query[at]) continue
    if (matchCase || at >= nameEnd || !isSameLetter(reply[at] ?? 0, query[at] ?? 0)) return false
  }
  return true
}

// QR is set, the opcode is QUERY, and QDCOUNT is one.
const isResponseOfOneQuestion = (reply: Buffer): boolean =>
  ((reply[2] ?? 0) & 0xf8) === 0x80 && reply[4] === 0 && reply[5] === 1

// Lengths of labels are below 64, so none of them is taken for a letter.
function isSameLetter(a: number, b: number): boolean {
  const lower = a | LETTER_CASE_BIT
  return lower === (b | LETTER_CASE_BIT) && lower >= 0x61 && lower <= 0x7a
}
