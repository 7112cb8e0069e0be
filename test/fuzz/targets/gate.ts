import assert from 'node:assert/strict'
import { MAX_MESSAGE_OCTETS, RCODE } from '../../../lib/dns/constants.ts'
import { ADMIT, DROP, Gate } from '../../../lib/dns/gate.ts'
import { rejection } from '../../../lib/dns/reply.ts'
import { readWire, type WireMessage } from '../../differential/wire.ts'
import { ednsOption, queryPacket, uint16s } from '../../helpers/packets.ts'
import { assertReply } from '../checks/assert-reply.ts'
import type { Target } from '../engine/target.ts'

const gate = new Gate()
const again = new Gate()
const HEADER_OCTETS = 12
const DEADLINE_MS = 1000
const CLASS_IN = 1
const MAX_QUERY_NAME = 255
const COOKIE = 10
const KEEPALIVE = 11
const OPT = 41
const OPT_OCTETS = 11
// Of those with a meaning for us the contents are checked as well.
const CHECKED_OPTIONS: ReadonlySet<number> = new Set([COOKIE, KEEPALIVE])

/** The gate, and the rejection of what it does not let in. */
export const target: Target = {
  about: ['lib/dns/{gate,reply}.ts'],
  maxOctets: 1500,
  longOctets: 65_535,
  steps: { base: 2000, perOctet: 16 },
  run(packet) {
    const before = Buffer.from(packet)
    const verdict = gate.admit(packet)
    const read = wireOf(packet)
    assertVerdict(verdict, packet, read)
    if (verdict === ADMIT && read !== undefined) assertAdmitted(packet, read)
    if (verdict !== ADMIT && verdict !== DROP) assertRejected(packet, verdict)
    assert.ok(packet.equals(before), 'the packet was written to')
  },
  seeds: [
    queryPacket(),
    queryPacket('wEb.sHop', { type: 28, edns: { flags: 0x8000 } }),
    queryPacket('web', { edns: { options: Buffer.concat([ednsOption(COOKIE, Buffer.alloc(8)), ednsOption(3)]) } }),
    queryPacket('web', { edns: { version: 1, payloadOctets: 100 } }),
    queryPacket('version.bind', { type: 16, class: 3 }),
    queryPacket('.', { type: 252, flags: 0x0130 }),
    queryPacket(`${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(61)}`, { type: 255 }),
    queryPacket(Buffer.concat([allOctets(0x21), allOctets(0x60), allOctets(0x9f), Buffer.of(0)])),
    queryPacket('web', { flags: 0x2800 }),
    queryPacket('web', { flags: 0x8180 }),
    withTsig(queryPacket('web', { edns: {} })),
    uint16s(1, 0x0100, 0, 0, 0, 0),
  ],
}

// A label of 63 octets, one after the other.
function allOctets(from: number): Buffer {
  return Buffer.of(63, ...Array.from({ length: 63 }, (_, i) => from + i))
}

// With a second additional record.
function withTsig(packet: Buffer): Buffer {
  packet.writeUInt16BE(2, 10)
  return Buffer.concat([packet, Buffer.of(1, 0x6b, 0), uint16s(250, 255, 0, 0, 3), Buffer.of(1, 2, 3)])
}

function wireOf(packet: Buffer): WireMessage | undefined {
  try {
    return readWire(packet)
  } catch {
    return undefined
  }
}

function assertVerdict(verdict: number, packet: Buffer, read: WireMessage | undefined): void {
  const flags = packet.length < 4 ? 0 : packet.readUInt16BE(2)
  assert.equal(verdict === DROP, packet.length < 12 || (flags & 0x8000) !== 0, 'dropped without a reason, or not')
  if (verdict === DROP) return
  const isQuery = (flags & 0x7800) === 0
  assert.equal(verdict === RCODE.NOTIMP, !isQuery, 'opcodes')
  if (isQuery && read !== undefined && isPlain(packet, read)) {
    assert.notEqual(verdict, RCODE.FORMERR, 'a well-formed query is no error of form')
    assert.equal(verdict === RCODE.BADVERS, (read.opt?.version ?? 0) !== 0, 'EDNS versions')
  }
  if (verdict === ADMIT && read === undefined) assert.ok(hasMore(packet), 'what was let in is not well-formed')
}

// Of other additional records, of the SOA of an IXFR, and within OPT, not everything is looked at.
function hasMore(packet: Buffer): boolean {
  if (packet.readUInt16BE(8) > 0) return true
  const isBare = gate.questionEnd + OPT_OCTETS === packet.length && isRootOpt(packet)
  return packet.readUInt16BE(10) > 0 && !isBare
}

// A pointer to a zero octet would be the root as well.
const isRootOpt = (packet: Buffer): boolean =>
  packet.subarray(gate.questionEnd, gate.questionEnd + 3).equals(Buffer.of(0, 0, OPT))

// One question without pointers, and at most OPT, whose owner is a zero octet.
function isPlain(packet: Buffer, { question, records, opt }: WireMessage): boolean {
  const name = question.subarray(0, -4)
  return (
    packet.readUInt16BE(4) === 1 &&
    records.length === 0 &&
    packet.readUInt32BE(6) === 0 &&
    name.length <= MAX_QUERY_NAME &&
    isUncompressed(name) &&
    (opt === undefined || packet[HEADER_OCTETS + question.length] === 0) &&
    !(opt?.options ?? []).some((code) => CHECKED_OPTIONS.has(code))
  )
}

function isUncompressed(name: Buffer): boolean {
  let at = 0
  while (at < name.length && (name[at] as number) !== 0) {
    if ((name[at] as number) >= 64) return false
    at += 1 + (name[at] as number)
  }
  return at === name.length - 1
}

const lower = (octets: Buffer): string => octets.toString('latin1').replace(/[A-Z]/g, (letter) => letter.toLowerCase())

function assertAdmitted(packet: Buffer, read: WireMessage): void {
  const { question, opt } = read
  const name = question.subarray(0, -4)
  const [type, cls] = [question.readUInt16BE(name.length), question.readUInt16BE(name.length + 2)]
  assert.equal(cls, CLASS_IN)
  assert.ok(isUncompressed(name) && name.length <= MAX_QUERY_NAME)
  assert.deepEqual([gate.questionEnd, gate.type], [HEADER_OCTETS + question.length, type])
  assert.deepEqual([gate.edns, gate.dnssecOk], [opt !== undefined, ((opt?.flags ?? 0) & 0x8000) !== 0])
  assert.equal(gate.payloadOctets, Math.max(512, opt?.payloadOctets ?? 512))
  const query = gate.query(packet, DEADLINE_MS, 'client')
  assert.equal(query.name, lower(name))
  assert.ok(query.spelling?.equals(name))
  assert.deepEqual(
    [query.type, query.recursionDesired, query.checkingDisabled],
    [type, (read.flags & 0x0100) !== 0, (read.flags & 0x0010) !== 0],
  )
  assertKey(packet, gate.key())
}

// The same for another spelling and id; another one for another type, or with CD or DO where there was none.
function assertKey(packet: Buffer, key: string): void {
  const { questionEnd } = gate
  const other = Buffer.from(packet)
  other.writeUInt16BE(packet.readUInt16BE(0) ^ 0xffff, 0)
  for (let at = HEADER_OCTETS; at < questionEnd - 4; at++) {
    const octet = other[at] as number
    if ((octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a) other[at] = octet ^ 0x20
  }
  assert.equal(keyOf(other), key)
  // With a record in AUTHORITY no other type than IXFR is let in.
  const hasAuthority = packet.readUInt16BE(8) > 0
  const places: readonly [number, number][] = [
    ...(hasAuthority ? [] : [[questionEnd - 3, 1] as [number, number]]),
    [3, 0x10],
    ...(isRootOpt(packet) ? [[questionEnd + 7, 0x80] as [number, number]] : []),
  ]
  for (const [at, bit] of places) {
    const changed = Buffer.from(packet)
    changed[at] = (changed[at] as number) ^ bit
    assert.notEqual(keyOf(changed), key)
  }
}

function keyOf(packet: Buffer): string {
  assert.equal(again.admit(packet), ADMIT)
  return again.key()
}

function assertRejected(packet: Buffer, rcode: number): void {
  const { questionEnd, edns } = gate
  const reply = rejection(packet, gate, rcode)
  const read = assertReply(reply, { packet, hasEdns: edns, questionEnd, limit: MAX_MESSAGE_OCTETS })
  // Without EDNS in it there is no room for more than four bits.
  assert.equal(read.rcode, edns ? rcode : rcode & 15)
  assert.equal(read.records.length, 0)
  assert.ok(reply.length <= packet.length + 11, 'a rejection is hardly longer than what is rejected')
}
