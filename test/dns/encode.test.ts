import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import * as fc from 'fast-check'
import { CLASS_IN, TYPE } from '../../lib/dns/constants.ts'
import { type Encoded, encode } from '../../lib/dns/encode.ts'
import { readMessage } from '../../lib/dns/message.ts'
import { type Name, nameOf, parseName } from '../../lib/dns/name.ts'
import { addressRecord, cnameRecord, type ResourceRecord, soaRecord, srvRecord } from '../../lib/dns/record.ts'
import { sectionsOf } from '../../lib/dns/relayed-records.ts'
import { relayedAt } from './relayed-at.ts'
import { relay } from '../../lib/forward/relay.ts'
import { anyName, hostName, packetText } from './arbitrary-names.ts'

const WEB = parseName('web.shop')
const QUESTION = { name: WEB, type: TYPE.A, class: CLASS_IN }
// 65,535, without what the reply's OPT and its options may need.
const MAX_OCTETS = 65_535 - 1024
const NONE: readonly ResourceRecord[] = []

const encoded = (answer: readonly ResourceRecord[], question = QUESTION): Encoded =>
  encode(question, { answer, authority: NONE, additional: NONE })

const opaque = (owner: Name, octets: Buffer): ResourceRecord => ({
  owner,
  type: 65_280,
  class: CLASS_IN,
  ttlSeconds: 5,
  rdata: [{ octets }],
})

/** A record, and what dns-packet should make of it. */
interface Known {
  readonly record: ResourceRecord
  readonly decoded: object
}

const known = (record: ResourceRecord, type: string, data: unknown): Known => {
  const decoded = { name: packetText(record.owner), type, ttl: record.ttlSeconds, class: 'IN', flush: false, data }
  return { record, decoded }
}

const owned = fc.tuple(hostName, fc.nat(0x7fff_ffff))
const uint16 = fc.nat(65_535)

const anyRecord: fc.Arbitrary<Known> = fc.oneof(
  fc.tuple(owned, fc.ipV4()).map(([[owner, ttl], ip]) => known(addressRecord(owner, ttl, ip), 'A', ip)),
  fc
    .tuple(owned, hostName)
    .map(([[owner, ttl], target]) => known(cnameRecord(owner, ttl, target), 'CNAME', packetText(target))),
  fc.tuple(owned, hostName, uint16, uint16).map(([[owner, ttl], target, weight, port]) => {
    const data = { priority: 0, weight, port, target: packetText(target) }
    return known(srvRecord(owner, ttl, { weight, port, target }), 'SRV', data)
  }),
  fc.tuple(owned, hostName, hostName, fc.nat(0xffff_ffff)).map(([[owner, ttl], mname, rname, serial]) => {
    const names = { mname: packetText(mname), rname: packetText(rname) }
    const data = { ...names, serial, refresh: 7200, retry: 1800, expire: 86_400, minimum: 60 }
    return known(soaRecord(owner, ttl, { mname, rname, serial, minimumSeconds: 60 }), 'SOA', data)
  }),
)

const someRecords = fc.array(anyRecord, { maxLength: 12 })

test('another decoder reads the records that were written, each in its section', () => {
  fc.assert(
    fc.property(hostName, someRecords, someRecords, someRecords, (name, ...sections) => {
      const [answer = [], authority = [], additional = []] = sections.map((list) => list.map(({ record }) => record))
      const { bytes } = encode({ ...QUESTION, name }, { answer, authority, additional })
      const { questions, answers, authorities, additionals } = packet.decode(bytes)
      assert.deepEqual(questions, [{ name: packetText(name), type: 'A', class: 'IN' }])
      assert.deepEqual(
        [answers, authorities, additionals],
        sections.map((list) => list.map(({ decoded }) => decoded)),
      )
    }),
  )
})

test('names of any octets are read back as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyName, anyName), { maxLength: 8 }), (links) => {
      const { bytes } = encoded(links.map(([owner, target]) => cnameRecord(owner, 5, target)))
      const { answer } = sectionsOf(relay(readMessage(bytes), relayedAt(0)))
      assert.deepEqual(
        answer.map(({ owner, rdata }) => [owner, rdata[0] && 'name' in rdata[0] && rdata[0].name]),
        links,
      )
    }),
  )
})

test('each record is where it says, and so is its TTL', () => {
  fc.assert(
    fc.property(someRecords, (list) => {
      const { bytes, records, questionEnd, dropped } = encoded(list.map(({ record }) => record))
      const placed = readMessage(bytes).records
      assert.deepEqual(
        records.map(({ start, ttlAt, end }) => [start, ttlAt, end]),
        placed.map(({ start, ttlAt, end }) => [start, ttlAt, end]),
      )
      assert.deepEqual([questionEnd, dropped], [readMessage(bytes).question.end, 0])
    }),
  )
})

test('an owner that is the name asked for takes two octets', () => {
  const { bytes, questionEnd } = encoded(['10.0.0.1', '10.0.0.2'].map((ip) => addressRecord(WEB, 5, ip)))
  assert.equal(bytes.length, questionEnd + 2 * 16)
  assert.equal(bytes.readUInt16BE(questionEnd), 0xc00c)
})

test('a suffix is written once: owners, and targets of CNAME, share what they have in common', () => {
  const { bytes, questionEnd } = encoded([cnameRecord(WEB, 5, parseName('end.shop'))])
  assert.equal(bytes.subarray(questionEnd + 12).toString('latin1'), '\x03end\xc0\x10')
})

test('names in SRV are written out (RFC 2782), so that old receivers can read them', () => {
  const { bytes, questionEnd } = encoded([srvRecord(WEB, 5, { weight: 1, port: 80, target: WEB })])
  assert.equal(bytes.subarray(questionEnd + 18).toString('latin1'), '\x03web\x04shop\0')
})

test('compression never costs octets', () => {
  fc.assert(
    fc.property(someRecords, (list) => {
      const answers = list.map(({ decoded }) => decoded as packet.Answer)
      const plain = packet.encode({ type: 'response', questions: [{ type: 'A', name: 'web.shop' }], answers })
      const { bytes } = encoded(list.map(({ record }) => record))
      assert.ok(bytes.length <= plain.length, `${bytes.length} > ${plain.length}`)
    }),
  )
})

// Names of so many octets each, twice over: many short ones, and few long ones.
for (const [octets, count] of [
  [12, 1200],
  [63, 350],
] as const) {
  test(`${count} names with labels of ${octets} octets, which go beyond the reach of pointers, are read back`, () => {
    const owners = Array.from({ length: 2 * count }, (_, i) => nameOf([String(i % count).padEnd(octets, 'x')], WEB))
    const { bytes, dropped } = encoded(owners.map((owner) => addressRecord(owner, 5, '10.0.0.1')))
    assert.ok(bytes.length > 0x4000)
    assert.equal(dropped, 0)
    assert.deepEqual(
      readMessage(bytes).records.map(({ owner }) => owner),
      owners,
    )
  })
}

test('a message leaves room for OPT: whole records from the end are left out, and counted', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 5 })
  fc.assert(
    fc.property(sizes, sizes, (first, second) => {
      const [answer, additional] = [first, second].map((list) => list.map((size) => opaque(WEB, Buffer.alloc(size))))
      const { bytes, records, dropped } = encode(QUESTION, {
        answer: answer ?? [],
        authority: [],
        additional: additional ?? [],
      })
      const all = [...first, ...second]
      assert.ok(bytes.length <= MAX_OCTETS)
      assert.equal(records.length + dropped, all.length)
      assert.equal(readMessage(bytes).records.length, records.length)
      if (dropped > 0) assert.ok(bytes.length + 12 + (all[records.length] as number) > MAX_OCTETS)
    }),
  )
})

test('64,511 octets are sent, and no octet more', () => {
  const rest = MAX_OCTETS - encoded([opaque(WEB, Buffer.alloc(0))]).bytes.length
  const whole = encoded([opaque(WEB, Buffer.alloc(rest))])
  assert.deepEqual([whole.bytes.length, whole.dropped], [MAX_OCTETS, 0])
  const over = encoded([opaque(WEB, Buffer.alloc(rest + 1))])
  assert.deepEqual([over.bytes.length, over.dropped], [over.questionEnd, 1])
})

test('what was written before is not seen in what is written after', () => {
  fc.assert(
    fc.property(someRecords, someRecords, (before, after) => {
      const wanted = encoded(after.map(({ record }) => record)).bytes
      encoded(before.map(({ record }) => record))
      assert.deepEqual(encoded(after.map(({ record }) => record)).bytes, wanted)
    }),
  )
})
