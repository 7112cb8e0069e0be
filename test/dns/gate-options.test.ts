import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLAG, RCODE, TYPE } from '../../lib/dns/constants.ts'
import { ASKED } from '../../lib/dns/edns/query-options.ts'
import { Gate } from '../../lib/dns/gate.ts'
import { ednsOption, optRecord, queryPacket, spelled, uint16s } from '../helpers/packets.ts'

const { FORMERR } = RCODE
const GOOD = queryPacket('web.shop.example')
const SOA = Buffer.concat([spelled('web'), uint16s(TYPE.SOA, 1, 0, 0, 22), Buffer.alloc(22)])

const join = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts)
/** QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT, and what follows the header. */
const counted = (counts: readonly [number, number, number, number], ...rest: readonly Buffer[]): Buffer =>
  join(uint16s(0x1234, FLAG.RD, ...counts), ...rest)

test('a question that could be read is there for a rejection, whatever is wrong behind it', () => {
  const gate = new Gate()
  for (const packet of [join(GOOD, Buffer.of(0)), queryPacket('web.shop.example', { edns: { options: uint16s(3) } })]) {
    assert.equal(gate.admit(packet), FORMERR)
    assert.deepEqual([gate.questionEnd, gate.type, gate.class], [GOOD.length, TYPE.A, 1])
  }
})

test('of a query without a question it is known whether it is for a cookie', () => {
  const gate = new Gate()
  const cookie = optRecord({ options: ednsOption(10, Buffer.alloc(8)) })
  const rows: readonly [Buffer, boolean][] = [
    [counted([0, 0, 0, 1], cookie), true],
    [counted([0, 0, 0, 0]), false],
    [counted([0, 0, 0, 1], optRecord()), false],
    [counted([0, 0, 1, 1], SOA, cookie), false],
    [counted([0, 0, 0, 1], cookie, Buffer.of(0)), false],
    [counted([0, 0, 0, 1], optRecord({ version: 1, options: ednsOption(10) })), false],
    [queryPacket('web', { edns: { options: ednsOption(10, Buffer.alloc(8)) } }), false],
  ]
  for (const [packet, isForCookie] of rows) {
    gate.admit(packet)
    assert.equal(gate.isForCookie, isForCookie)
  }
})

test('options are those of the last packet', () => {
  const gate = new Gate()
  gate.admit(queryPacket('web', { edns: { options: ednsOption(3) } }))
  assert.equal(gate.options.asked, ASKED.NSID)
  for (const packet of [
    GOOD,
    queryPacket('web', { edns: {} }),
    Buffer.alloc(3),
    queryPacket('web', { flags: FLAG.QR }),
  ]) {
    gate.admit(packet)
    assert.equal(gate.options.asked, 0)
  }
})
