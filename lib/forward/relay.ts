import { type RelayedAnswer, TTL_ZERO } from '../dns/answer.ts'
import { FLAG, RCODE, TYPE } from '../dns/constants.ts'
import { copyOf } from '../dns/copy-of.ts'
import { EDE } from '../dns/extended-error.ts'
import { extendedErrorsOf, type Message, type PlacedRecord, readMessage } from '../dns/message.ts'
import { aliasesFirst } from './aliases-first.ts'
import { rewritten } from './rewritten.ts'

/** Between what an answer is kept, whatever its TTLs say; in milliseconds. */
export interface Lifetimes {
  readonly minTtl: number
  readonly maxTtl: number
  readonly maxNegativeTtl: number
}

interface Arrival {
  readonly nowMs: number
  /** The label of the upstream. */
  readonly from: string
  readonly lifetimes: Lifetimes
  /** Whether its AD is believed: then whoever asks for it gets it (RFC 6840 §5.8). */
  readonly isTrusted?: boolean
}

// So much of its time is left when an answer is asked for anew, if it is asked for often.
const REFRESH_SHARE = 0.1

/** The message of an upstream as our answer: its octets, but for OPT, which is between it and us, and the header. */
export function relay(received: Message, { nowMs, from, lifetimes, isTrusted = false }: Arrival): RelayedAnswer {
  const message = withoutOpt(aliasesFirst(withPlainRcode(received)), isTrusted ? received.flags & FLAG.AD : 0)
  const isNegative = isNegativeAnswer(message)
  const isFailure = !isSuccess(message)
  const soa = message.records.find((record) => record.section === 'authority' && record.type === TYPE.SOA)
  const errors = extendedErrorsOf(received)
  if (isFailure)
    errors.push({ code: EDE.NO_REACHABLE_AUTHORITY, text: `${from} answered with rcode ${received.rcode}` })
  const expiresAtMs = message.records.map((record) => expiryOf(record, { nowMs, message, isNegative, lifetimes }))
  const endsAtMs = Math.min(...expiresAtMs, Number.POSITIVE_INFINITY)
  return {
    kind: 'relayed',
    uses: { count: 0 },
    rcode: message.rcode,
    message,
    from,
    expiresAtMs,
    refreshAtMs: endsAtMs - REFRESH_SHARE * (endsAtMs - nowMs),
    errors,
    evidence: [],
    cacheable: !isFailure && (!isNegative || soa !== undefined),
  }
}

// Rcodes from 16 up need EDNS, which is between an upstream and us (RFC 6891 §6.1.3); our client may have none.
const withPlainRcode = (message: Message): Message =>
  message.rcode > 15 ? { ...message, rcode: RCODE.SERVFAIL } : message

/** Whether it answers the question; YXDOMAIN is a name that a DNAME makes too long (RFC 6672 §2.2). */
export const isSuccess = ({ rcode }: { readonly rcode: number }): boolean =>
  rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN || rcode === RCODE.YXDOMAIN

/** Whether it says that there is no such name, or nothing of that type there. */
export function isNegativeAnswer({ rcode, records, question }: Message): boolean {
  if (rcode === RCODE.NXDOMAIN) return true
  return !records.some((record) => record.section === 'answer' && record.type === question.type)
}

function expiryOf(
  record: PlacedRecord,
  at: Pick<Arrival, 'nowMs' | 'lifetimes'> & { message: Message; isNegative: boolean },
): number {
  const { minTtl, maxTtl, maxNegativeTtl } = at.lifetimes
  let ttlMs = Math.min(record.ttlSeconds * 1000, maxTtl)
  if (at.isNegative && record.section === 'authority' && record.type === TYPE.SOA) {
    // RFC 2308 §5: a negative answer lives as long as the TTL of its SOA and its MINIMUM field both allow.
    const minimumSeconds = at.message.bytes.readUInt32BE(record.end - 4)
    ttlMs = Math.min(ttlMs, minimumSeconds * 1000, maxNegativeTtl)
  }
  ttlMs = Math.max(ttlMs, minTtl)
  return ttlMs === 0 ? TTL_ZERO : at.nowMs + ttlMs
}

// A copy: what came in may be a piece of a larger buffer. OPT is last nearly always; if not, what stands behind it may
// be pointed to, and the message is written anew.
function withoutOpt(message: Message, ad: number): Message {
  const { opt, rcode } = message
  const isLast = opt?.end === message.bytes.length
  const bytes = opt === undefined || isLast ? copyOf(message.bytes, opt?.start) : rewritten(message).bytes
  bytes.writeUInt16BE(0, 0)
  bytes.writeUInt16BE(FLAG.QR | FLAG.RA | ad | (rcode & 0xf), 2)
  if (isLast) bytes.writeUInt16BE(bytes.readUInt16BE(10) - 1, 10)
  const isAsItWas = opt === undefined || isLast
  // What stands before OPT stays where it was.
  if (isAsItWas) return { ...message, bytes, flags: bytes.readUInt16BE(2), opt: undefined }
  return { ...readMessage(bytes), rcode }
}
