import { type Difference, inSection } from './compare.ts'
import { limitOf } from './exchange.ts'
import type { Case, Rule } from './rule.ts'
import {
  isBadVersion,
  isMinimalAny,
  isNotCached,
  isNotData,
  isNotDataType,
  isRefusedClass,
  isRefusedTransfer,
  isSpecialUse,
  isTransferType,
} from './rules-source.ts'
import { TYPES } from './types.ts'
import type { WireMessage, WireRecord } from './wire.ts'

const FIRST_META = 128
const LAST_META = 248
const FORMERR = 1
const SERVFAIL = 2
const REFUSED = 5
const TC = 0x200
const RA = 0x80
const ADDRESSES: ReadonlySet<number> = new Set([TYPES.A, TYPES.AAAA])
const SECTIONS_AND_RCODE: ReadonlySet<Difference['what']> = new Set([
  'rcode',
  'answer',
  'order',
  'authority',
  'additional',
  'TTL',
])
const ONE_HOP: ReadonlySet<number> = new Set([TYPES.RRSIG, TYPES.NSEC])
const OPT_OCTETS = 11
const EXTENDED_ERRORS = /^15(,15)*$/
const TOLD_IDLE_TIME = /^11(,15)*$/

// Unbound's refusal of a question is the question turned round, with its RA, AD and OPT.
const isTurnedRound = ({ ours, unbound }: Case, rcode: number): boolean =>
  unbound.whole.rcode === rcode &&
  unbound.whole.records.length === 0 &&
  (unbound.whole.flags & RA) === (ours.question.strayFlags & RA)

// For another reason than its type.
const isRejected = (of: Case): boolean => isRefusedClass(of) || isBadVersion(of)

const typeCovered = ({ type, rdata }: WireRecord): number =>
  type === TYPES.RRSIG ? (rdata.charCodeAt(0) << 8) | rdata.charCodeAt(1) : type

// What may be left out without TC are the servers of the zone, and all that is additional (RFC 2181 §9).
const isNeeded = (record: WireRecord): boolean =>
  record.section === 'answer' || (record.section === 'authority' && typeCovered(record) !== TYPES.NS)

const isReferral = ({ rcode, records }: WireMessage): boolean =>
  rcode === 0 &&
  records.some(({ section, type }) => section === 'authority' && type === TYPES.NS) &&
  records.every(({ section, type }) => section !== 'answer' && type !== TYPES.SOA)

// An address of a name that the authority section calls a server.
const isOfServer =
  ({ source }: Case) =>
  (record: WireRecord): boolean =>
    ADDRESSES.has(typeCovered(record)) &&
    inSection(source, 'authority').some(({ type, rdata }) => type === TYPES.NS && rdata === record.owner)

const isCircle = ({ source }: Case): boolean => {
  const aliases = inSection(source, 'answer').filter(({ type }) => type === TYPES.CNAME)
  const owners = new Set(aliases.map(({ owner }) => owner))
  return aliases.length > 0 && aliases.every(({ rdata }) => owners.has(rdata))
}

/** Where our answer is another one than Unbound's. */
export const RULES_AGAINST_UNBOUND: readonly Rule[] = [
  {
    name: 'minimal ANY',
    because: 'RFC 8482 §4.2; DESIGN 3: ANY gets one HINFO; Unbound forwards it',
    explains: (_, of) => isMinimalAny(of),
  },
  {
    name: 'meta types are FORMERR to Unbound',
    because: 'RFC 6895 §3.1 sets 128 to 255 apart; what has no meaning yet we forward like any other type (RFC 3597)',
    explains: (_, of) => {
      const { type } = of.ours.question
      return type >= FIRST_META && type <= LAST_META && isTurnedRound(of, FORMERR)
    },
  },
  {
    name: 'types that are not data',
    because:
      'RFC 6895 §3.1: nothing that a forwarder could ask for. NOTIMP from us; Unbound says FORMERR before all else',
    explains: (_, of) => (isNotData(of) || (isNotDataType(of) && isRejected(of))) && isTurnedRound(of, FORMERR),
  },
  {
    name: 'no transfers',
    because: 'REFUSED by both; Unbound turns the question round, we say why (RFC 8914)',
    explains: (_, of) =>
      (isRefusedTransfer(of) || (isTransferType(of) && isRejected(of))) && isTurnedRound(of, REFUSED),
  },
  {
    name: 'class IN only',
    because: 'there is one class that is forwarded; Unbound asks for any class but those it knows to be none',
    explains: (_, of) => isRefusedClass(of),
  },
  {
    name: 'records of special-use zones',
    because: 'RFC 6303 §3 recommends the SOA that we have, and no other records; Unbound has its own',
    explains: ({ what }, of) =>
      isSpecialUse(of) && of.ours.whole.rcode === of.unbound.whole.rcode && SECTIONS_AND_RCODE.has(what),
  },
  {
    name: 'TC in a query',
    because: 'it means nothing there, as Z does (RFC 8906 §3.1.3); Unbound answers FORMERR',
    explains: (_, of) => (of.ours.question.strayFlags & TC) !== 0 && isTurnedRound(of, FORMERR),
  },
  {
    name: 'why it failed',
    because: 'RFC 8914 §3: extended errors of the upstream are passed on, and those of a failure have one of ours',
    explains: ({ what, ours, theirs }, { ours: { whole }, source }) => {
      const passedOn = EXTENDED_ERRORS.test(String(source.opt?.options)) ? String(source.opt?.options) : ''
      const isAdded = whole.rcode === SERVFAIL && EXTENDED_ERRORS.test(ours)
      return what === 'options' && theirs === '' && (isAdded || ours === passedOn)
    },
  },
  {
    name: 'how long it may be idle',
    because: 'RFC 7828 §3.3.2: who asks over TCP is told; Unbound tells only where it is configured to',
    explains: ({ what, ours, theirs }, { ours: { question, first, whole } }) =>
      what === 'options' && theirs === '' && (question.overTcp || first !== whole) && TOLD_IDLE_TIME.test(ours),
  },
  {
    name: 'not in the cache',
    because: 'DESIGN 3, flags: RD=0 is answered from the cache, else REFUSED; Unbound gives what comes near it',
    explains: (_, of) => isNotCached(of),
  },
  {
    name: 'referral without RD',
    because: 'Unbound refers to the servers of the zone, as RFC 1034 §4.3.1 allows, where it has not kept an answer',
    explains: ({ what }, of) =>
      !of.ours.question.recursionDesired && SECTIONS_AND_RCODE.has(what) && isReferral(of.unbound.whole),
  },
  {
    name: 'RD of a kept answer',
    because: 'RFC 1035 §4.1.1: RD is copied into the response; Unbound says 1 in answers from its cache',
    explains: ({ what, ours }, of) => what === 'RD' && ours === '0' && !of.ours.question.recursionDesired,
  },
  {
    name: 'servers of the zone',
    because: 'Unbound leaves out NS records and their addresses; we pass on what the upstream sent (RFC 5625 §3)',
    explains: ({ what, onlyOurs, onlyTheirs }, of) =>
      onlyTheirs.length === 0 &&
      inSection(of.source, 'answer').length > 0 &&
      ((what === 'authority' && onlyOurs.every((record) => typeCovered(record) === TYPES.NS)) ||
        (what === 'additional' && onlyOurs.every(isOfServer(of)))),
  },
  {
    name: 'addresses for RT',
    because: 'RFC 1183 §3.3 wants them in the additional section, and the upstream sends them; Unbound takes them out',
    explains: ({ what, onlyOurs, onlyTheirs }, of) =>
      what === 'additional' &&
      of.ours.question.type === TYPES.RT &&
      onlyTheirs.length === 0 &&
      onlyOurs.every((record) => ADDRESSES.has(record.type)),
  },
  {
    name: 'DS of a referral',
    because: 'the same for DS, where an upstream that should not do so refers to others',
    explains: ({ what, onlyOurs, onlyTheirs }, of) =>
      what === 'authority' &&
      onlyTheirs.length === 0 &&
      isReferral(of.source) &&
      onlyOurs.every((record) => typeCovered(record) === TYPES.DS),
  },
  {
    name: 'TTL of a synthesised CNAME',
    because: 'RFC 6672 §3.1 gives it the TTL of the DNAME; Unbound makes it anew from its cache, with 0',
    explains: ({ what, onlyOurs, onlyTheirs }, of) =>
      what === 'TTL' &&
      onlyOurs.every(({ type }) => type === TYPES.CNAME) &&
      onlyTheirs.every(({ ttlSeconds }) => ttlSeconds === 0) &&
      inSection(of.source, 'answer').some(({ type }) => type === TYPES.DNAME),
  },
  {
    name: 'RRSIG and NSEC beside a CNAME',
    because: 'RFC 4035 §2.5: they stand at the alias itself; Unbound follows the alias where it has that in its cache',
    explains: ({ what }, of) =>
      ONE_HOP.has(of.ours.question.type) &&
      (what === 'TC' || SECTIONS_AND_RCODE.has(what)) &&
      inSection(of.unbound.whole, 'answer').some(({ type }) => type === TYPES.CNAME) &&
      !inSection(of.source, 'answer').some(({ type }) => type === TYPES.CNAME),
  },
  {
    name: 'aliases in a circle',
    because: 'Unbound follows them itself and gives up; an upstream is believed about its own names (RFC 5625 §3)',
    explains: ({ what }, of) =>
      ['answer', 'order', 'rcode', 'authority'].includes(what) && isCircle(of) && of.unbound.whole.rcode === SERVFAIL,
  },
  {
    name: 'size as the upstream wrote it',
    because:
      'we pass octets on, Unbound compresses names anew and takes proofs apart (RFC 4035 §3.1.3.3 wants them whole): ' +
      'what is too large as the upstream wrote it is truncated',
    explains: ({ what, ours }, { ours: { question }, source }) => {
      const { records } = source
      const octets = (records.findLast(isNeeded)?.end ?? 0) + (question.edns === undefined ? 0 : OPT_OCTETS)
      return what === 'TC' && ours === '1' && octets > limitOf(question)
    },
  },
]
