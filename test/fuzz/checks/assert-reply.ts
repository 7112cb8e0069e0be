import assert from 'node:assert/strict'
import { readWire, type WireMessage } from '../../differential/wire.ts'

const FLAG = { QR: 0x8000, TC: 0x0200, RD: 0x0100, RA: 0x0080, CD: 0x0010 }
const OPCODE = 0x7800
const HEADER_OCTETS = 12

interface Asked {
  readonly packet: Buffer
  readonly hasEdns: boolean
  /** Where the question of the packet ends; 12 if it has none that can be read. */
  readonly questionEnd: number
  readonly limit: number
}

/** What holds of every reply, read by a decoder that shares nothing with lib/dns. */
export function assertReply(reply: Buffer, { packet, hasEdns, questionEnd, limit }: Asked): WireMessage {
  assert.ok(reply.length <= limit, `${reply.length} octets, ${limit} allowed`)
  const read = readWire(reply)
  assert.equal(reply.readUInt16BE(0), packet.readUInt16BE(0), 'the id')
  const asked = packet.readUInt16BE(2)
  const echoed = FLAG.RD | FLAG.CD | OPCODE
  assert.equal(read.flags & echoed, asked & echoed, 'RD, CD and opcode')
  assert.equal(read.flags & (FLAG.QR | FLAG.RA), FLAG.QR | FLAG.RA)
  assert.equal(read.flags & 0x0040, 0, 'Z')
  assert.ok(read.question.equals(packet.subarray(HEADER_OCTETS, questionEnd)), 'the question octet for octet')
  assert.equal(read.opt !== undefined, hasEdns, 'OPT if and only if the query has it')
  assert.equal(read.opt?.version ?? 0, 0)
  if ((read.flags & FLAG.TC) !== 0) assert.equal(read.records.length, 0, 'a truncated reply has no records')
  return read
}
