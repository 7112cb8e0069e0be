import { type RelayedAnswer, TTL_ZERO } from '../dns/answer.ts'
import { FLAG, RCODE, TYPE } from '../dns/constants.ts'
import { encode } from '../dns/encode.ts'
import { expandRdata } from '../dns/expand-rdata.ts'
import { EDE } from '../dns/extended-error.ts'
import { extendedErrorsOf, type Message, type PlacedRecord, readMessage } from '../dns/message.ts'

const MAX_TTL_SECONDS = 86_400
const MAX_NEGATIVE_TTL_SECONDS = 3600

/** The message of an upstream as our answer: its octets, but for OPT, which is between it and us, and the header. */
export function relay(received: Message, nowMs: number, from: string): RelayedAnswer {
  const message = withoutOpt(withPlainRcode(received))
  const isNegative = isNegativeAnswer(message)
  const isFailure = message.rcode !== RCODE.NOERROR && message.rcode !== RCODE.NXDOMAIN
  const soa = message.records.find((record) => record.section === 'authority' && record.type === TYPE.SOA)
  const errors = extendedErrorsOf(received)
  if (isFailure)
    errors.push({ code: EDE.NO_REACHABLE_AUTHORITY, text: `${from} answered with rcode ${received.rcode}` })
  return {
    kind: 'relayed',
    rcode: message.rcode,
    message,
    expiresAtMs: message.records.map((record) => expiryOf(record, { nowMs, message, isNegative })),
    errors,
    evidence: [],
    cacheable: !isFailure && (!isNegative || soa !== undefined),
  }
}

// Rcodes from 16 up need EDNS, which is between an upstream and us (RFC 6891 §6.1.3); our client may have none.
const withPlainRcode = (message: Message): Message =>
  message.rcode > 15 ? { ...message, rcode: RCODE.SERVFAIL } : message

function isNegativeAnswer({ rcode, records, question }: Message): boolean {
  if (rcode === RCODE.NXDOMAIN) return true
  return !records.some((record) => record.section === 'answer' && record.type === question.type)
}

function expiryOf(record: PlacedRecord, at: { nowMs: number; message: Message; isNegative: boolean }): number {
  let ttlSeconds = Math.min(record.ttlSeconds, MAX_TTL_SECONDS)
  if (at.isNegative && record.section === 'authority' && record.type === TYPE.SOA) {
    // RFC 2308 §5: a negative answer lives as long as the TTL of its SOA and its MINIMUM field both allow.
    const minimumSeconds = at.message.bytes.readUInt32BE(record.end - 4)
    ttlSeconds = Math.min(ttlSeconds, minimumSeconds, MAX_NEGATIVE_TTL_SECONDS)
  }
  return ttlSeconds === 0 ? TTL_ZERO : at.nowMs + ttlSeconds * 1000
}

// A copy: what came in may be a piece of a larger buffer. OPT is last nearly always; if not, what stands behind it may
// be pointed to, and the message is written anew.
function withoutOpt(message: Message): Message {
  const { opt, rcode } = message
  const isLast = opt?.end === message.bytes.length
  const bytes = opt === undefined || isLast ? Buffer.from(message.bytes.subarray(0, opt?.start)) : rewritten(message)
  bytes.writeUInt16BE(0, 0)
  bytes.writeUInt16BE(FLAG.QR | FLAG.RA | (rcode & 0xf), 2)
  if (isLast) bytes.writeUInt16BE(bytes.readUInt16BE(10) - 1, 10)
  return { ...readMessage(bytes), rcode }
}

function rewritten({ bytes, question, records }: Message): Buffer {
  const section = (wanted: PlacedRecord['section']) =>
    records
      .filter((record) => record.section === wanted)
      .map((record) => ({ ...record, rdata: expandRdata(bytes, record.type, record.rdataAt, record.end) }))
  return encode(question, {
    answer: section('answer'),
    authority: section('authority'),
    additional: section('additional'),
  }).bytes
}
