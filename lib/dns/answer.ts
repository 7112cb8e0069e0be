import type { Evidence } from '../base/generations.ts'
import { RCODE, type Rcode } from './constants.ts'
import type { ExtendedError } from './extended-error.ts'
import type { Message } from './message.ts'
import type { Name } from './name.ts'
import type { ResourceRecord } from './record.ts'

/** `expiresAtMs` of a record that came with a TTL of 0: to be used once, and sent on with 0. */
export const TTL_ZERO = 0

/** One question, of class IN, as it goes through the chain. */
export interface Query {
  readonly name: Name
  readonly type: number
  readonly dnssecOk: boolean
  readonly checkingDisabled: boolean
  readonly recursionDesired: boolean
  /** The wire octets of the name as the client spelled it; left out where we ask on our own account. */
  readonly spelling?: Buffer
  /** When the client will have given up, in milliseconds of the Clock. */
  readonly deadlineMs: number
  /** Who asks; nobody in particular if left out. */
  readonly client?: string
  /** Nobody waits for it: what is known, but will soon have run down, is to be asked anew. */
  readonly refresh?: boolean
}

/** Records that we put together. */
export interface AuthoredAnswer {
  readonly kind: 'authored'
  readonly rcode: Rcode
  /** AA: the owner of the first record, or the name that was asked, is ours (RFC 6604 §2.1). */
  readonly authoritative: boolean
  readonly answer: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
  readonly additional: readonly ResourceRecord[]
  readonly errors: readonly ExtendedError[]
  /** No TTL of a record that decays is sent larger than this. */
  readonly ttlCapSeconds: number
  /** What it follows from; it holds as long as all of this does. */
  readonly evidence: readonly Evidence[]
  /** Whether anyone may keep it. */
  readonly cacheable: boolean
  /** A part of it is older than its TTL allows (RFC 8767). */
  readonly isStale?: boolean
  /** It follows from something that runs down then, though no record here may tell. */
  readonly expiresAtMs?: number
  /** From then on it is worth asking anew, before it has run down. */
  readonly refreshAtMs?: number
  /** The answer leads on to this name, and is whole only with what is there. */
  readonly follow?: Name
}

/** The message of an upstream, passed on octet for octet. */
export interface RelayedAnswer {
  readonly kind: 'relayed'
  readonly rcode: Rcode
  readonly message: Message
  /** How often it was sent. Whoever keeps it, or something made of it, counts here. */
  readonly uses: { count: number }
  /** The upstream's label. */
  readonly from: string
  /** When the TTL of each of `message.records` has run down; beyond `ttlSeconds` from its arrival for none. */
  readonly expiresAtMs: readonly number[]
  readonly errors: readonly ExtendedError[]
  readonly evidence: readonly Evidence[]
  /** From then on it is worth asking anew, before it has run down. */
  readonly refreshAtMs?: number
  /** Whether anyone may keep it: false for failures, and for negative answers without an SOA (RFC 2308 §5). */
  readonly cacheable: boolean
  /** It is older than its TTL allows (RFC 8767). */
  readonly isStale?: boolean
}

export type Answer = AuthoredAnswer | RelayedAnswer

/** Answers a query, or says with `undefined`, at once if it can, that it is not its to answer. */
export type Resolve = (query: Query) => Promise<Answer | undefined> | undefined

/** SERVFAIL, and why: for what must not be taken for an answer. */
export function failure(error: ExtendedError, parts: Partial<Omit<AuthoredAnswer, 'kind'>> = {}): AuthoredAnswer {
  return authored({ ...parts, rcode: RCODE.SERVFAIL, errors: [error] })
}

/** An authored answer, with nothing where nothing is given. */
export function authored(parts: Partial<Omit<AuthoredAnswer, 'kind'>> & Pick<AuthoredAnswer, 'rcode'>): AuthoredAnswer {
  return {
    kind: 'authored',
    authoritative: false,
    answer: [],
    authority: [],
    additional: [],
    errors: [],
    ttlCapSeconds: Number.POSITIVE_INFINITY,
    evidence: [],
    cacheable: parts.rcode === RCODE.NOERROR || parts.rcode === RCODE.NXDOMAIN,
    ...parts,
  }
}
