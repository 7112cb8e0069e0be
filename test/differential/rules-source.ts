import { octetsOf } from './presented-name.ts'
import type { Case, Rule } from './rule.ts'
import { TYPES } from './types.ts'

const RCODE = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const
const RFC8482 = '\x07RFC8482\x00'
const TRANSFERS: ReadonlySet<number> = new Set([TYPES.AXFR, TYPES.IXFR])
const NXNAME = 128 // of RFC 9824, for the type bitmaps of NSEC only
const MALFORMED_TYPES: ReadonlySet<number> = new Set([TYPES.OPT, NXNAME])
const NOT_DATA: ReadonlySet<number> = new Set([...MALFORMED_TYPES, TYPES.TKEY, TYPES.TSIG, TYPES.MAILA, TYPES.MAILB])

const isEmpty = ({ ours }: Case): boolean => ours.whole.records.length === 0
const typeOf = ({ ours }: Case): number => ours.question.type

export const isMinimalAny = (of: Case): boolean => {
  const [only, ...more] = of.ours.whole.records
  return typeOf(of) === TYPES.ANY && more.length === 0 && only?.type === TYPES.HINFO && only.rdata === RFC8482
}

export const isTransferType = (of: Case): boolean => TRANSFERS.has(typeOf(of))

export const isRefusedTransfer = (of: Case): boolean =>
  isTransferType(of) && of.ours.whole.rcode === RCODE.REFUSED && isEmpty(of)

export const isNotDataType = (of: Case): boolean => NOT_DATA.has(typeOf(of))

export const isNotData = (of: Case): boolean =>
  isNotDataType(of) &&
  isEmpty(of) &&
  of.ours.whole.rcode === (MALFORMED_TYPES.has(typeOf(of)) ? RCODE.FORMERR : RCODE.NOTIMP)

export const isRefusedClass = (of: Case): boolean =>
  of.ours.question.class !== 1 && of.ours.whole.rcode === RCODE.REFUSED && isEmpty(of)

export const isBadVersion = (of: Case): boolean =>
  (of.ours.question.edns?.version ?? 0) > 0 && of.ours.whole.rcode === RCODE.BADVERS && isEmpty(of)

export const isNotCached = (of: Case): boolean =>
  !of.ours.question.recursionDesired && !of.isKnown && of.ours.whole.rcode === RCODE.REFUSED && isEmpty(of)

// What these names mean is the same everywhere.
const SPECIAL_USE = /(?:^|\.)(localhost|invalid|onion)\.$/i
const LOOPBACK: ReadonlyMap<number, string> = new Map([
  [TYPES.A, '\x7f\0\0\x01'],
  [TYPES.AAAA, `${'\0'.repeat(15)}\x01`],
])

/** The loopback addresses at and below `localhost`, nothing else there, and nothing at all in the other zones. */
export function isSpecialUse({ ours: { question, whole } }: Case): boolean {
  const zone = SPECIAL_USE.exec(question.name)?.[1]?.toLowerCase()
  const [only, ...more] = whole.records
  if (zone === undefined || only === undefined || more.length > 0) return false
  const address = zone === 'localhost' ? LOOPBACK.get(question.type) : undefined
  if (address !== undefined) return whole.rcode === RCODE.NOERROR && only.rdata === address
  const rcode = zone === 'localhost' ? RCODE.NOERROR : RCODE.NXDOMAIN
  return whole.rcode === rcode && only.type === TYPES.SOA && only.owner === octetsOf(`${zone}.`).toString('latin1')
}

/** Where our answer is another one than that of the server it comes from. */
export const RULES_AGAINST_SOURCE: readonly Rule[] = [
  {
    name: 'minimal ANY',
    because: 'RFC 8482 §4.2; DESIGN 3: ANY gets one HINFO, whoever has the name',
    explains: (_, of) => isMinimalAny(of),
  },
  {
    name: 'no transfers',
    because: 'RFC 5936 is for the servers of a zone, and a forwarder has none; REFUSED',
    explains: (_, of) => isRefusedTransfer(of),
  },
  {
    name: 'types that are not data',
    because: 'RFC 6895 §3.1: OPT, NXNAME, TKEY, TSIG, MAILA and MAILB are nothing that a forwarder could ask for',
    explains: (_, of) => isNotData(of),
  },
  {
    name: 'class IN only',
    because: 'one class is forwarded; the others get REFUSED, which is an answer too (RFC 8906 §3)',
    explains: (_, of) => isRefusedClass(of),
  },
  {
    name: 'EDNS version',
    because: 'RFC 6891 §6.1.3: BADVERS to any version but 0; the source was asked with version 0',
    explains: (_, of) => isBadVersion(of),
  },
  {
    name: 'not in the cache',
    because: 'DESIGN 3, flags: RD=0 is answered from the cache, else REFUSED',
    explains: (_, of) => isNotCached(of),
  },
  {
    name: 'special-use names',
    because: 'RFC 6761 §6.3 and §6.4, RFC 7686 §2: they are answered here, and nobody is asked',
    explains: (_, of) => isSpecialUse(of),
  },
  {
    name: 'TTL cap',
    because: 'README, cache.maxTtl: no TTL is more than a day (RFC 8767 §4)',
    explains: ({ what, onlyOurs, onlyTheirs }) =>
      what === 'TTL' &&
      onlyTheirs.every(({ ttlSeconds }) => ttlSeconds > 86_400) &&
      onlyOurs.every(({ ttlSeconds }) => ttlSeconds <= 86_400 && ttlSeconds > 86_300),
  },
]
