import { CLASS_IN, FLAG, HEADER_OCTETS, PLAIN_UDP_OCTETS, RCODE, TYPE } from './constants.ts'
import type { Query } from './answer.ts'
import { ASKED, QueryOptions } from './edns/query-options.ts'
import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS, type Name } from './name.ts'

/** What the gate says of a packet: let it in, stay silent, or reject it with an rcode (any number from 0 up). */
export const ADMIT = -1
export const DROP = -2

const MAX_ADDITIONAL_RECORDS = 2 // OPT, and TSIG or SIG(0)
const OPT_OCTETS = 11 // with the root as its owner, without options
const KEY_SUFFIX_OCTETS = 3 // type, and DO and CD

/**
 * Reads a query as far as it has to be known to be answered, and refuses what no answer is due to. One instance serves
 * packet after packet: its fields tell of the last one. Nothing is allocated before a packet is found to be good.
 * Straight down, each reason with its source: header (RFC 1035 §4.1.1, RFC 9619), question, EDNS (RFC 6891 §6.1).
 */
export class Gate {
  readonly #key = Buffer.alloc(MAX_NAME_OCTETS + KEY_SUFFIX_OCTETS)
  /** Where the question ends; 12 while none was read. */
  questionEnd = HEADER_OCTETS
  /** 0 while none was read; so is the class. */
  type = 0
  class = 0
  flags = 0
  edns = false
  dnssecOk = false
  /** What the client takes over UDP. */
  payloadOctets = PLAIN_UDP_OCTETS
  readonly options = new QueryOptions()
  /** It was rejected, but for the lack of a question alone, and wants a cookie (RFC 7873 §5.4). */
  isForCookie = false

  admit(packet: Buffer): number {
    this.questionEnd = HEADER_OCTETS
    this.type = this.class = this.options.asked = 0
    this.edns = this.dnssecOk = this.isForCookie = false
    this.payloadOctets = PLAIN_UDP_OCTETS
    if (packet.length < HEADER_OCTETS) return DROP
    this.flags = packet.readUInt16BE(2)
    if ((this.flags & FLAG.QR) !== 0) return DROP
    if ((this.flags & 0x7800) !== 0) return RCODE.NOTIMP
    // One question, nothing in ANSWER.
    if (packet.readUInt32BE(4) !== 0x0001_0000) return this.#withoutQuestion(packet)
    const questionEnd = this.#readQuestion(packet)
    if (questionEnd < 0) return RCODE.FORMERR
    this.questionEnd = questionEnd
    this.type = packet.readUInt16BE(questionEnd - 4)
    this.class = packet.readUInt16BE(questionEnd - 2)
    const recordsAt = packet.readUInt16BE(8) === 0 ? questionEnd : this.#skipAuthority(packet, questionEnd)
    const rcode = recordsAt < 0 ? RCODE.FORMERR : this.#readAdditional(packet, recordsAt)
    if (rcode !== ADMIT) return rcode
    return this.class === CLASS_IN ? ADMIT : RCODE.REFUSED
  }

  /** Of the last packet: names the answer that it wants, but for the spelling. One string for each different answer. */
  key(): string {
    const nameEnd = this.questionEnd - HEADER_OCTETS - 4
    const key = this.#key
    key[nameEnd] = this.type >> 8
    key[nameEnd + 1] = this.type & 0xff
    key[nameEnd + 2] = (this.dnssecOk ? 2 : 0) | ((this.flags & FLAG.CD) === 0 ? 0 : 1)
    return key.toString('latin1', 0, nameEnd + KEY_SUFFIX_OCTETS)
  }

  /** Of the last packet, which it goes on to use. */
  query(packet: Buffer, deadlineMs: number, client?: string): Query {
    return {
      name: this.#name(),
      type: this.type,
      dnssecOk: this.dnssecOk,
      checkingDisabled: (this.flags & FLAG.CD) !== 0,
      recursionDesired: (this.flags & FLAG.RD) !== 0,
      spelling: packet.subarray(HEADER_OCTETS, this.questionEnd - 4),
      deadlineMs,
      ...(client !== undefined && { client }),
    }
  }

  #name(): Name {
    return this.#key.toString('latin1', 0, this.questionEnd - HEADER_OCTETS - 4) as Name
  }

  /** Copies the name in lower case to the key. The end of the question, or -1. */
  #readQuestion(packet: Buffer): number {
    const key = this.#key
    let at = HEADER_OCTETS
    for (;;) {
      const length = packet[at]
      // A name in the only question has nothing to point back to.
      if (length === undefined || length > MAX_LABEL_OCTETS) return -1
      const end = at + 1 + length
      if (end - HEADER_OCTETS > MAX_NAME_OCTETS || end > packet.length) return -1
      key[at - HEADER_OCTETS] = length
      for (at++; at < end; at++) {
        const octet = packet[at] as number
        key[at - HEADER_OCTETS] = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet
      }
      if (length === 0) return at + 4 > packet.length ? -1 : at + 4
    }
  }

  // Of several questions none is the one to answer (RFC 9619).
  #withoutQuestion(packet: Buffer): number {
    if (packet.readUInt32BE(4) !== 0 || packet.readUInt16BE(8) !== 0) return RCODE.FORMERR
    const rcode = this.#readAdditional(packet, HEADER_OCTETS)
    if (rcode !== ADMIT) return rcode
    this.isForCookie = (this.options.asked & ASKED.COOKIE) !== 0
    return RCODE.FORMERR
  }

  // Only who asks for a transfer has something to say there: which version it has (RFC 1995 §3).
  #skipAuthority(packet: Buffer, at: number): number {
    const ownerEnd = this.type === TYPE.IXFR && packet.readUInt16BE(8) === 1 ? skipName(packet, at) : -1
    if (ownerEnd < 0 || ownerEnd + 10 > packet.length || packet.readUInt16BE(ownerEnd) !== TYPE.SOA) return -1
    return ownerEnd + 10 + packet.readUInt16BE(ownerEnd + 8)
  }

  #readAdditional(packet: Buffer, start: number): number {
    const count = packet.readUInt16BE(10)
    if (count > MAX_ADDITIONAL_RECORDS) return RCODE.FORMERR
    if (count === 0) return start === packet.length ? ADMIT : RCODE.FORMERR
    return count === 1 && startsWithOpt(packet, start)
      ? this.#readOptAlone(packet, start)
      : this.#readRecords(packet, start, count)
  }

  // As nearly all have it: OPT, and nothing else.
  #readOptAlone(packet: Buffer, start: number): number {
    const rdataAt = start + OPT_OCTETS
    const end = rdataAt + packet.readUInt16BE(rdataAt - 2)
    return end === packet.length ? this.#readOpt(packet, rdataAt, end) : RCODE.FORMERR
  }

  #readRecords(packet: Buffer, start: number, count: number): number {
    let at = start
    let rcode: number = ADMIT
    for (let i = 0; i < count; i++) {
      const ownerEnd = skipName(packet, at)
      const rdataAt = ownerEnd + 10
      if (ownerEnd < 0 || rdataAt > packet.length) return RCODE.FORMERR
      const end = rdataAt + packet.readUInt16BE(ownerEnd + 8)
      if (end > packet.length) return RCODE.FORMERR
      if (packet.readUInt16BE(ownerEnd) === TYPE.OPT) {
        if (this.edns || ownerEnd !== at + 1) return RCODE.FORMERR
        rcode = this.#readOpt(packet, rdataAt, end)
        if (rcode === RCODE.FORMERR) return rcode
      }
      at = end
    }
    return at === packet.length ? rcode : RCODE.FORMERR
  }

  // What another version of EDNS means by its options nobody knows yet.
  #readOpt(packet: Buffer, rdataAt: number, end: number): number {
    this.edns = true
    this.payloadOctets = Math.max(PLAIN_UDP_OCTETS, packet.readUInt16BE(rdataAt - 8))
    this.dnssecOk = ((packet[rdataAt - 4] as number) & 0x80) !== 0
    if (packet[rdataAt - 5] !== 0) return RCODE.BADVERS
    return rdataAt === end || this.options.read(packet, rdataAt, end) ? ADMIT : RCODE.FORMERR
  }
}

const startsWithOpt = (packet: Buffer, at: number): boolean =>
  at + OPT_OCTETS <= packet.length && packet[at] === 0 && packet.readUInt16BE(at + 1) === TYPE.OPT

// Where a name ends, without following a pointer; -1 if it does not end in the packet.
function skipName(packet: Buffer, start: number): number {
  for (let at = start; ; ) {
    const length = packet[at]
    if (length === undefined) return -1
    if (length >= 0xc0) return at + 2
    if (length > MAX_LABEL_OCTETS || at - start > MAX_NAME_OCTETS) return -1
    at += length + 1
    if (length === 0) return at
  }
}
