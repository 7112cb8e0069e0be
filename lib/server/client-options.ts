import { type Rcode, RCODE } from '../dns/constants.ts'
import { addressOctets } from '../base/address-octets.ts'
import { keepaliveOption } from '../dns/edns/keepalive.ts'
import { OPTION } from '../dns/edns/option-code.ts'
import { encodeOption } from '../dns/edns/option.ts'
import { NO_OWN_OPTIONS, type OwnOptions, ownOptions } from '../dns/edns/own-options.ts'
import { ASKED, type QueryOptions } from '../dns/edns/query-options.ts'
import { type CookieState, isCookieLength, type JudgedCookie, type ServerCookies } from '../dns/edns/server-cookies.ts'
import type { Gate } from '../dns/gate.ts'
import type { Carrier } from './carrier.ts'

/** What there is for clients that ask by an option of EDNS. */
export interface EdnsService {
  /** The option that says who we are, in wire form. */
  readonly nsid?: Buffer
  readonly cookies?: {
    readonly server: ServerCookies
    /** Whether a client that takes part, and does not show a cookie of ours, gets nothing but one over UDP. */
    readonly areRequired: boolean
    /** Since 1970. */
    readonly nowSeconds: () => number
  }
}

/** A packet, and where it came from. */
interface Asking {
  readonly packet: Buffer
  readonly client: string
  readonly carrier: Carrier
}

/** Who asked, how, and what for by options. */
export interface Asker {
  readonly client: string
  readonly carrier: Carrier
  readonly own: OwnOptions
}

/** What came of the options of a query. */
export interface Judged {
  /** To reject it with, or to end it; undefined if it is to be answered. */
  readonly rcode: Rcode | undefined
  readonly own: OwnOptions
  /** Undefined where none was shown, or nobody looks at it. */
  readonly cookie: CookieState | 'malformed' | undefined
}

/** Which options there is anything to do for; of the others, what a query has changes nothing. */
export const answerableOptions = ({ nsid, cookies }: EdnsService): number =>
  ASKED.KEEPALIVE | ASKED.PADDING | (nsid === undefined ? 0 : ASKED.NSID) | (cookies === undefined ? 0 : ASKED.COOKIE)

const NONE = Buffer.alloc(0)
const MALFORMED: Judged = { rcode: RCODE.FORMERR, own: NO_OWN_OPTIONS, cookie: undefined }

/** Judges the options of the gate's last packet, and makes those of the reply. */
export function judgeOptions(gate: Gate, asking: Asking, edns: EdnsService): Judged {
  const { options } = gate
  const keepalive = keepaliveFor(options, asking.carrier)
  if (keepalive === 'malformed') return MALFORMED
  const cookie = cookieFor(options, asking, edns)
  if (cookie === 'malformed') return { ...MALFORMED, cookie }
  const own = ownOptions({
    needed: cookie === undefined ? keepalive : Buffer.concat([encodeOption(OPTION.COOKIE, cookie.cookie), keepalive]),
    extra: ((options.asked & ASKED.NSID) !== 0 && edns.nsid) || NONE,
    pads: (options.asked & ASKED.PADDING) !== 0 && asking.carrier.isEncrypted,
  })
  return { rcode: rcodeFor(cookie?.state, gate, asking, edns), own, cookie: cookie?.state }
}

// Over UDP it means nothing, whatever it says (RFC 7828 §3.2.1); the time is ours to say.
function keepaliveFor(options: QueryOptions, { overUdp, idleMs }: Carrier): Buffer | 'malformed' {
  if ((options.asked & ASKED.KEEPALIVE) === 0 || overUdp) return NONE
  if (options.keepaliveOctets > 0) return 'malformed'
  return idleMs === undefined ? NONE : keepaliveOption(idleMs)
}

function cookieFor(
  options: QueryOptions,
  { packet, client }: Asking,
  { cookies }: EdnsService,
): JudgedCookie | 'malformed' | undefined {
  if ((options.asked & ASKED.COOKIE) === 0 || cookies === undefined) return undefined
  const { cookieAt, cookieOctets } = options
  if (!isCookieLength(cookieOctets)) return 'malformed'
  return cookies.server.judge(packet.subarray(cookieAt, cookieAt + cookieOctets), {
    address: addressOctets(client) ?? NONE,
    nowSeconds: cookies.nowSeconds(),
  })
}

function rcodeFor(
  state: CookieState | undefined,
  { isForCookie }: Gate,
  { carrier }: Asking,
  { cookies }: EdnsService,
): Rcode | undefined {
  // Whether it is a good one is all that is asked (RFC 7873 §5.4).
  if (isForCookie) return state === 'wrong' ? RCODE.BADCOOKIE : RCODE.NOERROR
  if (state === undefined || state === 'valid' || cookies?.areRequired !== true) return undefined
  // Who asks over a connection has shown where they are (§5.2.3).
  return carrier.overUdp ? RCODE.BADCOOKIE : undefined
}
