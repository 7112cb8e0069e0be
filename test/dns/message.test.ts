import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import * as fc from 'fast-check'
import { FLAG, RCODE, TYPE } from '../../lib/dns/constants.ts'
import { isTruncated, readMessage } from '../../lib/dns/message.ts'
import { formatName } from '../../lib/dns/name.ts'
import { MalformedMessage } from '../../lib/dns/read-name.ts'
import { mutated, optRecord, queryPacket, seededRandom, uint16s } from '../helpers/packets.ts'

const REPLY = packet.encode({
  type: 'response',
  id: 7,
  flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE,
  questions: [{ type: 'A', name: 'Web.shop' }],
  answers: [
    { type: 'CNAME', name: 'web.shop', ttl: 300, data: 'end.example' },
    { type: 'A', name: 'end.example', ttl: 20, data: '192.0.2.1' },
  ],
  authorities: [{ type: 'NS', name: 'example', ttl: 60, data: 'ns.example' }],
  additionals: [
    { type: 'AAAA', name: 'ns.example', ttl: 60, data: '2001:db8::1' },
    {
      type: 'OPT',
      name: '.',
      udpPayloadSize: 4096,
      extendedRcode: 1,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    },
  ],
})

const QUESTION = queryPacket('web', { flags: FLAG.QR })

/** A reply to `web` with one record in ANSWER: type, length as claimed, RDATA. */
function withRecord(type: number, rdlength: number, rdata: Buffer): Buffer {
  const message = Buffer.concat([QUESTION, uint16s(0xc00c, type, 1, 0, 60, rdlength), rdata])
  message.writeUInt16BE(1, 6)
  return message
}

const counted = (counts: readonly number[], ...rest: readonly Buffer[]): Buffer =>
  Buffer.concat([uint16s(7, FLAG.QR, ...counts), QUESTION.subarray(12), ...rest])

test('reads question, flags and every record with its place', () => {
  const { question, flags, records, bytes } = readMessage(REPLY)
  assert.deepEqual([formatName(question.name), question.type, question.class], ['web.shop.', TYPE.A, 1])
  assert.equal(flags, FLAG.QR | FLAG.RD | FLAG.RA)
  assert.deepEqual(
    records.map(({ section, owner, type, ttlSeconds }) => [section, formatName(owner), type, ttlSeconds]),
    [
      ['answer', 'web.shop.', TYPE.CNAME, 300],
      ['answer', 'end.example.', TYPE.A, 20],
      ['authority', 'example.', TYPE.NS, 60],
      ['additional', 'ns.example.', TYPE.AAAA, 60],
    ],
  )
  for (const { ttlAt, ttlSeconds } of records) assert.equal(bytes.readUInt32BE(ttlAt), ttlSeconds)
  assert.deepEqual(bytes.subarray(records[1]?.rdataAt, records[1]?.end), Buffer.from([192, 0, 2, 1]))
})

test('OPT is no record, and its octet stands above those of the rcode', () => {
  const { opt, rcode } = readMessage(REPLY)
  assert.equal(opt?.type, TYPE.OPT)
  assert.equal(rcode, RCODE.BADVERS)
  assert.equal(readMessage(withRecord(TYPE.A, 4, Buffer.alloc(4))).opt, undefined)
})

test('octets behind the last record are cut off, the others are untouched', () => {
  const { bytes } = readMessage(Buffer.concat([REPLY, Buffer.alloc(20, 1)]))
  assert.deepEqual(bytes, REPLY)
})

test('TC is seen', () => {
  assert.equal(isTruncated(readMessage(queryPacket('web', { flags: FLAG.QR | FLAG.TC }))), true)
  assert.equal(isTruncated(readMessage(REPLY)), false)
})

test('RDATA of an unknown type is left alone, even where it looks like a pointer', () => {
  const rdata = Buffer.from([0xc0, 0x0c, 0xff, 0xff])
  const { bytes, records } = readMessage(withRecord(65_280, 4, rdata))
  assert.deepEqual(bytes.subarray(records[0]?.rdataAt, records[0]?.end), rdata)
})

test('HTTPS and SVCB are left alone', () => {
  for (const type of [TYPE.SVCB, TYPE.HTTPS]) {
    const rdata = Buffer.from([0, 1, 0, 0, 1, 0, 3, 2, 0x68, 0x32])
    assert.equal(readMessage(withRecord(type, rdata.length, rdata)).records[0]?.type, type)
  }
})

const withOwner = (opt: Buffer): Buffer => counted([1, 0, 0, 1], Buffer.of(1, 0x61), opt)

const BROKEN: readonly [string, Buffer, RegExp][] = [
  ['an empty one', Buffer.alloc(0), /message of 0 octets/],
  ['half a header', REPLY.subarray(0, 11), /message of 11 octets/],
  ['no question', uint16s(7, FLAG.QR, 0, 0, 0, 0), /0 questions/],
  ['two questions', counted([2, 0, 0, 0], QUESTION.subarray(12)), /2 questions/],
  ['an end within the question', QUESTION.subarray(0, -1), /ends within the question/],
  ['fewer records than announced', counted([1, 9, 0, 0]), /ends within a name/],
  ['an end within a record', withRecord(TYPE.A, 4, Buffer.alloc(4)).subarray(0, -9), /ends within the record/],
  ['RDATA past the end', withRecord(TYPE.A, 4, Buffer.alloc(3)), /ends within the RDATA/],
  ['A with five octets', withRecord(TYPE.A, 5, Buffer.alloc(5)), /does not fill/],
  ['A with three octets', withRecord(TYPE.A, 3, Buffer.alloc(3)), /does not fill/],
  ['A with none', withRecord(TYPE.A, 0, Buffer.alloc(0)), /does not fill/],
  ['AAAA with four octets', withRecord(TYPE.AAAA, 4, Buffer.alloc(4)), /does not fill/],
  ['CNAME that goes on behind its name', withRecord(TYPE.CNAME, 4, Buffer.alloc(4)), /does not fill/],
  ['CNAME that points forward', withRecord(TYPE.CNAME, 2, uint16s(0xc0ff)), /does not point back/],
  ['SOA without its numbers', withRecord(TYPE.SOA, 2, Buffer.alloc(2)), /does not fill/],
  ['SRV without a target', withRecord(TYPE.SRV, 6, Buffer.alloc(6)), /ends within a name/],
  ['OPT in ANSWER', counted([1, 1, 0, 0], optRecord()), /OPT record out of place/],
  ['OPT in AUTHORITY', counted([1, 0, 1, 0], optRecord()), /OPT record out of place/],
  ['OPT of a name', withOwner(optRecord()), /OPT record out of place/],
  ['two OPT', counted([1, 0, 0, 2], optRecord(), optRecord()), /more than one OPT/],
]

for (const [what, message, reason] of BROKEN) {
  test(`refuses ${what}`, () => {
    assert.throws(() => readMessage(message), { name: 'MalformedMessage', message: reason })
  })
}

test('a name of RDATA that ends in the next record is refused', () => {
  const next = Buffer.concat([uint16s(0xc00c, TYPE.A, 1, 0, 60, 4), Buffer.alloc(4)])
  const message = Buffer.concat([withRecord(TYPE.CNAME, 2, Buffer.from([3, 0x61])), next])
  message.writeUInt16BE(2, 6)
  assert.throws(() => readMessage(message), MalformedMessage)
})

test('a name that needs octets behind the last record is refused, as these are cut off', () => {
  // The owner of the record points to the class of the question: to a label of 12 octets, which are those of the record.
  const question = [Buffer.of(0), uint16s(TYPE.A, 12)]
  const record = uint16s(0xc010, TYPE.TXT, 1, 0, 0, 0)
  const message = Buffer.concat([uint16s(7, FLAG.QR, 1, 1, 0, 0), ...question, record, Buffer.of(0)])
  assert.throws(() => readMessage(message), { name: 'MalformedMessage', message: /runs on/ })
})

test('a mutated message is read within its bounds or refused as malformed', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const message = mutated(REPLY, seededRandom(seed))
      try {
        const { records, bytes } = readMessage(message)
        for (const { start, ttlAt, rdataAt, end } of records) {
          assert.ok(start < ttlAt && ttlAt < rdataAt && rdataAt <= end && end <= bytes.length)
        }
      } catch (error) {
        assert.ok(error instanceof MalformedMessage, String(error))
      }
    }),
    { numRuns: 5000 },
  )
})
