import { timingSafeEqual } from 'node:crypto'
import { SIP_HASH_OCTETS, sipHash24 } from './sip-hash.ts'

// RFC 7873 §4: the client's part, and both.
const CLIENT_OCTETS = 8
const LEAST_WITH_SERVER_OCTETS = 16
const MOST_OCTETS = 40

// RFC 9018 §4: version, three octets that are reserved, time, hash.
const VERSION = 1
const TIME_AT = CLIENT_OCTETS + 4
const HASH_AT = CLIENT_OCTETS + 8
const COOKIE_OCTETS = HASH_AT + SIP_HASH_OCTETS

// §4.3
const MAX_AGE_SECONDS = 3600
const MAX_AHEAD_SECONDS = 300
const RENEWED_AFTER_SECONDS = 1800

/** What a client shows: a cookie of ours, one that is none (any more), or that it has none yet. */
export type CookieState = 'valid' | 'wrong' | 'missing'

export interface JudgedCookie {
  readonly state: CookieState
  /** The cookie for the reply. */
  readonly cookie: Buffer
}

/** Where a query came from, and when. */
interface Asked {
  /** Octets of the client's address. */
  readonly address: Buffer
  /** Since 1970. */
  readonly nowSeconds: number
}

export const isCookieLength = (octets: number): boolean =>
  octets === CLIENT_OCTETS || (octets >= LEAST_WITH_SERVER_OCTETS && octets <= MOST_OCTETS)

/**
 * Server cookies (RFC 9018): a client that shows one has received it at its address. Whoever has the same secret can
 * tell. New ones are made with the first secret; those made with the others still hold.
 */
export class ServerCookies {
  readonly #secrets: readonly [Buffer, ...Buffer[]]

  constructor(secrets: readonly [Buffer, ...Buffer[]]) {
    this.#secrets = secrets
  }

  /** Of a cookie whose length is right. A valid one is renewed when it is half an hour old, or of another secret. */
  judge(cookie: Buffer, asked: Asked): JudgedCookie {
    const [current, ...others] = this.#secrets
    const client = cookie.subarray(0, CLIENT_OCTETS)
    if (cookie.length === CLIENT_OCTETS) return { state: 'missing', cookie: make(current, client, asked) }
    const ageSeconds = cookie.length === COOKIE_OCTETS ? ageOf(cookie, asked.nowSeconds) : Number.POSITIVE_INFINITY
    const isOurTime = ageSeconds <= MAX_AGE_SECONDS && ageSeconds >= -MAX_AHEAD_SECONDS
    const isOurs = (secret: Buffer) => isOurTime && isMadeWith(secret, cookie, asked.address)
    const isCurrent = isOurs(current)
    if (isCurrent && ageSeconds <= RENEWED_AFTER_SECONDS) return { state: 'valid', cookie }
    const state = isCurrent || others.some(isOurs) ? 'valid' : 'wrong'
    return { state, cookie: make(current, client, asked) }
  }
}

// Numbers of 32 bits that wrap (RFC 1982).
const ageOf = (cookie: Buffer, nowSeconds: number): number => ((nowSeconds >>> 0) - cookie.readUInt32BE(TIME_AT)) | 0

function make(secret: Buffer, client: Buffer, { address, nowSeconds }: Asked): Buffer {
  const cookie = Buffer.alloc(COOKIE_OCTETS)
  client.copy(cookie)
  cookie[CLIENT_OCTETS] = VERSION
  cookie.writeUInt32BE(nowSeconds >>> 0, TIME_AT)
  hashOf(secret, cookie, address).copy(cookie, HASH_AT)
  return cookie
}

function isMadeWith(secret: Buffer, cookie: Buffer, address: Buffer): boolean {
  return cookie[CLIENT_OCTETS] === VERSION && timingSafeEqual(hashOf(secret, cookie, address), cookie.subarray(HASH_AT))
}

// The reserved octets as they are.
const hashOf = (secret: Buffer, cookie: Buffer, address: Buffer): Buffer =>
  sipHash24(secret, Buffer.concat([cookie.subarray(0, HASH_AT), address]))
