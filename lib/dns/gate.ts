import { CLASS_IN, FLAG, HEADER_OCTETS, PLAIN_UDP_OCTETS, RCODE, TYPE } from './constants.ts'
import type { Query } from './answer.ts'
import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS, type Name } from './name.ts'

/** What the gate says of a packet: let it in, stay silent, or reject it with an rcode (any number from 0 up). */
export const ADMIT = -1
export const DROP = -2

const MAX_ADDITIONAL_RECORDS = 2 // OPT, and TSIG or SIG(0)
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
  /** 0 while none was read. */
  type = 0
  flags = 0
  edns = false
  dnssecOk = false
  /** What the client takes over UDP. */
  payloadOctets = PLAIN_UDP_OCTETS

  admit(packet: Buffer): number {
    this.questionEnd = HEADER_OCTETS
    this.type = 0
    this.edns = this.dnssecOk = false
    this.payloadOctets = PLAIN_UDP_OCTETS
    if (packet.length < HEADER_OCTETS) return DROP
    this.flags = packet.readUInt16BE(2)
    if ((this.flags & FLAG.QR) !== 0) return DROP
    if ((this.flags & 0x7800) !== 0) return RCODE.NOTIMP
    // One question, nothing in ANSWER and AUTHORITY.
    if (packet.readUInt32BE(4) !== 0x0001_0000 || packet.readUInt16BE(8) !== 0) return RCODE.FORMERR
    const additional = packet.readUInt16BE(10)
    if (additional > MAX_ADDITIONAL_RECORDS) return RCODE.FORMERR
    const questionEnd = this.#readQuestion(packet)
    if (questionEnd < 0) return RCODE.FORMERR
    const rcode = this.#readAdditional(packet, questionEnd, additional)
    if (rcode !== ADMIT && rcode !== RCODE.BADVERS) return rcode
    this.questionEnd = questionEnd
    this.type = packet.readUInt16BE(questionEnd - 4)
    if (rcode === RCODE.BADVERS) return rcode
    return packet.readUInt16BE(questionEnd - 2) === CLASS_IN ? ADMIT : RCODE.REFUSED
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

  #readAdditional(packet: Buffer, questionEnd: number, count: number): number {
    let at = questionEnd
    let badVersion = false
    for (let i = 0; i < count; i++) {
      const ownerEnd = skipName(packet, at)
      if (ownerEnd < 0 || ownerEnd + 10 > packet.length) return RCODE.FORMERR
      if (packet.readUInt16BE(ownerEnd) === TYPE.OPT) {
        if (this.edns || ownerEnd !== at + 1) return RCODE.FORMERR
        this.edns = true
        this.payloadOctets = Math.max(PLAIN_UDP_OCTETS, packet.readUInt16BE(ownerEnd + 2))
        badVersion = packet[ownerEnd + 5] !== 0
        this.dnssecOk = ((packet[ownerEnd + 6] as number) & 0x80) !== 0
      }
      at = ownerEnd + 10 + packet.readUInt16BE(ownerEnd + 8)
      if (at > packet.length) return RCODE.FORMERR
    }
    if (at !== packet.length) return RCODE.FORMERR
    return badVersion ? RCODE.BADVERS : ADMIT
  }
}

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
