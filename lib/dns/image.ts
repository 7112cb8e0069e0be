import type { Evidence } from '../base/generations.ts'
import type { Answer, AuthoredAnswer, Query, RelayedAnswer } from './answer.ts'
import { CLASS_IN, FLAG, TYPE } from './constants.ts'
import { encode, type Sections } from './encode.ts'
import type { Message, PlacedRecord } from './message.ts'
import { encodeExtendedErrors } from './extended-error.ts'
import type { ResourceRecord } from './record.ts'

/** The final set of addresses in an image: records of equal size, one behind the other. */
interface Rotation {
  readonly start: number
  readonly stride: number
  readonly count: number
  /** Which of them comes first in the next reply. Of each image its own: A and AAAA are asked for in pairs. */
  turn: number
}

/**
 * A finished answer in wire form, without OPT, and what has to be patched into it for one client. Id 0; the flags are
 * those of a reply to a query with RD=0 and CD=0; the question is replaced by the client's, whose length is the same.
 */
export interface Image {
  /** How often it was sent, in all forms that the same message has. */
  readonly uses: { count: number }
  readonly bytes: Buffer
  readonly questionEnd: number
  /** TTLs that count down: where each stands, and when it has run down (milliseconds of the Clock). */
  readonly ttlOffsets: readonly number[]
  readonly ttlExpiresAtMs: readonly number[]
  readonly ttlCapSeconds: number
  readonly rotation: Rotation | undefined
  /** What is left where not everything fits: up to `end`, with so many records of the authority section. */
  readonly needed: { readonly end: number; readonly authority: number }
  /** EDNS options, in wire form, for a client with EDNS. */
  readonly options: Buffer
  readonly evidence: readonly Evidence[]
  /** From then on it must not be sent; 0 for an answer that is sent once and not kept. */
  readonly expiresAtMs: number
  /** From then on it is worth asking anew, if it is sent often; never again once that was done. */
  refreshAtMs: number
  /** Records that did not fit into a message, so that nobody gets them. */
  readonly dropped: number
}

interface Placed {
  readonly start: number
  readonly ttlAt: number
  readonly end: number
  readonly type: number
  readonly expiresAtMs?: number
}

export function imageOf(query: Query, answer: Answer): Image {
  return answer.kind === 'authored' ? authoredImage(query, answer) : relayedImage(answer)
}

function authoredImage(query: Query, answer: AuthoredAnswer): Image {
  const question = { name: query.name, type: query.type, class: CLASS_IN }
  const sections = capped(answer)
  const whole = encode(question, sections)
  // What nobody gets now is in the next one, which there will be soon.
  const isWhole = whole.dropped === 0
  const { bytes, questionEnd, records, dropped } = isWhole
    ? whole
    : encode(question, turned(sections, query.deadlineMs))
  bytes.writeUInt16BE(FLAG.QR | FLAG.RA | (answer.authoritative ? FLAG.AA : 0) | answer.rcode, 2)
  const decaying = records.filter(({ record }) => record.expiresAtMs !== undefined)
  const ttlExpiresAtMs = decaying.map(({ record }) => record.expiresAtMs ?? 0)
  const placed = records.slice(0, answer.answer.length).map(({ record, ...place }) => ({ ...record, ...place }))
  return {
    uses: { count: 0 },
    bytes,
    questionEnd,
    ttlOffsets: decaying.map(({ ttlAt }) => ttlAt),
    ttlExpiresAtMs,
    ttlCapSeconds: answer.ttlCapSeconds,
    rotation: rotationOf(bytes, placed, 0),
    needed: { end: bytes.length, authority: answer.authority.length },
    options: encodeExtendedErrors(answer.errors),
    evidence: answer.evidence,
    dropped,
    refreshAtMs: answer.refreshAtMs ?? NEVER,
    expiresAtMs: answer.cacheable ? Math.min(...ttlExpiresAtMs, endOf(answer), isWhole ? NEVER : query.deadlineMs) : 0,
  }
}

const NEVER = Number.POSITIVE_INFINITY

const endOf = ({ expiresAtMs = NEVER }: AuthoredAnswer): number => expiresAtMs

// The final set begins with another of its records at another time.
function turned(sections: Sections, nowMs: number): Sections {
  const { answer } = sections
  const last = answer.at(-1)
  const start = answer.findLastIndex(({ owner, type }) => owner !== last?.owner || type !== last.type) + 1
  const middle = start + (Math.floor(nowMs) % Math.max(1, answer.length - start))
  return { ...sections, answer: [...answer.slice(0, start), ...answer.slice(middle), ...answer.slice(start, middle)] }
}

// TTLs that run down are capped as they are sent.
function capped({ answer, authority, additional, ttlCapSeconds }: AuthoredAnswer): Sections {
  const cap = (records: readonly ResourceRecord[]) =>
    records.map((record) => (record.ttlSeconds > ttlCapSeconds ? { ...record, ttlSeconds: ttlCapSeconds } : record))
  return { answer: cap(answer), authority: cap(authority), additional: cap(additional) }
}

function relayedImage(answer: RelayedAnswer): Image {
  const { message, expiresAtMs } = answer
  return {
    uses: answer.uses,
    bytes: message.bytes,
    questionEnd: message.question.end,
    ttlOffsets: message.records.map((record) => record.ttlAt),
    ttlExpiresAtMs: expiresAtMs,
    ttlCapSeconds: Number.POSITIVE_INFINITY,
    rotation: rotationOf(message.bytes, message.records.slice(0, countOf(message, 'answer')), answer.uses.count),
    needed: neededOf(message),
    options: encodeExtendedErrors(answer.errors),
    evidence: answer.evidence,
    dropped: 0,
    refreshAtMs: answer.refreshAtMs ?? NEVER,
    expiresAtMs: answer.cacheable ? Math.min(...expiresAtMs, Number.POSITIVE_INFINITY) : 0,
  }
}

// Behind an answer, the servers of its zone and all additional records are extra information (RFC 2181 §9). Proofs are
// not (RFC 4035 §3.1.3.3), nor is anything in a denial or a referral.
function neededOf(message: Message): Image['needed'] {
  const { bytes, records } = message
  const answers = countOf(message, 'answer')
  let authority = countOf(message, 'authority')
  if (answers === 0) return { end: bytes.length, authority }
  const lastOf = (count: number) => records[count - 1] as PlacedRecord
  const typeOf = ({ type, rdataAt, end }: PlacedRecord) =>
    type === TYPE.RRSIG && end >= rdataAt + 2 ? bytes.readUInt16BE(rdataAt) : type
  while (authority > 0 && typeOf(lastOf(answers + authority)) === TYPE.NS) authority--
  return { end: lastOf(answers + authority).end, authority }
}

// Records stand in the order of the sections.
function countOf({ records }: Message, section: PlacedRecord['section']): number {
  let count = 0
  for (const record of records) if (record.section === section) count++
  return count
}

// Only the final set may change its order: clients that read once from top to bottom need the CNAMEs first. It goes on
// from where it was after so many uses.
function rotationOf(bytes: Buffer, answer: readonly Placed[], uses: number): Rotation | undefined {
  const last = answer.at(-1)
  if (last === undefined || answer.length < 2 || (last.type !== TYPE.A && last.type !== TYPE.AAAA)) return undefined
  const stride = last.end - last.start
  // The same owner in the same octets: one that points into the set would point elsewhere when the set is turned. The same
  // TTL, as those that run down are patched where they stand.
  const head = bytes.subarray(last.start, last.ttlAt + 4)
  const alike = (record: Placed) =>
    record.end - record.start === stride &&
    record.expiresAtMs === last.expiresAtMs &&
    head.equals(bytes.subarray(record.start, record.ttlAt + 4))
  const start = answer.findLastIndex((record) => !alike(record)) + 1
  const count = answer.length - start
  return count < 2 ? undefined : { start: (answer[start] as Placed).start, stride, count, turn: uses % count }
}
