import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FLAG, RCODE, TYPE } from '../../lib/dns/constants.ts'
import { ADMIT, DROP, Gate } from '../../lib/dns/gate.ts'
import { formatName, parseName } from '../../lib/dns/name.ts'
import { ednsOption, optRecord, queryPacket, spelled, uint16s } from '../helpers/packets.ts'
import { anyName } from './arbitrary-names.ts'

const { FORMERR, NOTIMP, REFUSED, BADVERS } = RCODE
const GOOD = queryPacket('web.shop.example')
const QUESTION = GOOD.subarray(12)
const A_RECORD = Buffer.concat([spelled('web'), uint16s(1, 1, 0, 5, 4, 0x0a00, 1)])
const TSIG = Buffer.concat([spelled('key'), uint16s(TYPE.TSIG, 255, 0, 0, 2, 0)])
const IXFR_QUESTION = Buffer.concat([spelled('web'), uint16s(TYPE.IXFR, 1)])
const SOA = Buffer.concat([spelled('web'), uint16s(TYPE.SOA, 1, 0, 0, 22), Buffer.alloc(22)])
const MANY_OPTIONS = Buffer.concat(Array.from({ length: 16_000 }, () => ednsOption(10)))
const LABEL_63 = 'x'.repeat(63)
const NAME_255 = `${`${LABEL_63}.`.repeat(3)}${'x'.repeat(61)}`

const opcode = (code: number): Buffer => queryPacket('web', { flags: (code << 11) | FLAG.RD })
const join = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts)
/** QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT, and what follows the header. */
const counted = (counts: readonly [number, number, number, number], ...rest: readonly Buffer[]): Buffer =>
  join(uint16s(0x1234, FLAG.RD, ...counts), ...rest)
const question = (...octets: readonly number[]): Buffer => counted([1, 0, 0, 0], Buffer.from(octets))

const VERDICTS: readonly [string, Buffer, number][] = [
  ['a plain query', GOOD, ADMIT],
  ['a query for the root', queryPacket('.', { type: TYPE.NS }), ADMIT],
  ['an unknown type', queryPacket('web', { type: 1000 }), ADMIT],
  ['Z, AD, TC, AA and an rcode set', queryPacket('web', { flags: 0x0740 | FLAG.AD | 3 }), ADMIT],

  ['nothing', Buffer.alloc(0), DROP],
  ['eleven octets', GOOD.subarray(0, 11), DROP],
  ['a response', queryPacket('web', { flags: FLAG.QR }), DROP],
  ['a response with an odd opcode', queryPacket('web', { flags: FLAG.QR | (5 << 11) }), DROP],
  ['a header alone of opcode 15', uint16s(1, 15 << 11, 0, 0, 0, 0), NOTIMP],
  ['IQUERY', opcode(1), NOTIMP],
  ['STATUS', opcode(2), NOTIMP],
  ['NOTIFY', opcode(4), NOTIMP],
  ['UPDATE', opcode(5), NOTIMP],
  ['DSO without a question', uint16s(1, 6 << 11, 0, 0, 0, 0), NOTIMP],
  ['opcode 15 with a question', opcode(15), NOTIMP],

  ['no question', counted([0, 0, 0, 0]), FORMERR],
  ['no question and OPT with a cookie', counted([0, 0, 0, 1], optRecord({ options: ednsOption(10) })), FORMERR],
  ['two questions', counted([2, 0, 0, 0], QUESTION, QUESTION), FORMERR],
  ['a record in ANSWER', counted([1, 1, 0, 0], QUESTION, A_RECORD), FORMERR],
  ['a record in AUTHORITY', counted([1, 0, 1, 0], QUESTION, A_RECORD), FORMERR],
  ['IXFR, and the version that the client has (HDR-12)', counted([1, 0, 1, 0], IXFR_QUESTION, SOA), ADMIT],
  ['IXFR with it, and OPT', counted([1, 0, 1, 1], IXFR_QUESTION, SOA, optRecord()), ADMIT],
  ['IXFR without it', counted([1, 0, 0, 0], IXFR_QUESTION), ADMIT],
  ['IXFR with another record', counted([1, 0, 1, 0], IXFR_QUESTION, A_RECORD), FORMERR],
  ['IXFR with two of them', counted([1, 0, 2, 0], IXFR_QUESTION, SOA, SOA), FORMERR],
  ['IXFR whose SOA is cut off', counted([1, 0, 1, 0], IXFR_QUESTION, SOA).subarray(0, -1), FORMERR],
  ['AXFR with an SOA', counted([1, 0, 1, 0], join(spelled('web'), uint16s(TYPE.AXFR, 1)), SOA), FORMERR],
  ['OPT in ANSWER', counted([1, 1, 0, 0], QUESTION, optRecord()), FORMERR],
  ['OPT in AUTHORITY', counted([1, 0, 1, 0], QUESTION, optRecord()), FORMERR],
  ['65,535 of everything', counted([65_535, 65_535, 65_535, 65_535], QUESTION), FORMERR],

  ['a label of type 0x40', question(0x40, 0x61, 0, 0, 1, 0, 1), FORMERR],
  ['a label of type 0x80', question(0x80, 0x61, 0, 0, 1, 0, 1), FORMERR],
  ['a name that points to itself', question(0xc0, 0x0c, 0, 1, 0, 1), FORMERR],
  ['a name that points into the header', question(0xc0, 0, 0, 1, 0, 1), FORMERR],
  ['an end within a label', question(3, 0x77), FORMERR],
  ['an end within the name', question(1, 0x77), FORMERR],
  ['an end before QTYPE', question(1, 0x77, 0), FORMERR],
  ['an end within QCLASS', GOOD.subarray(0, -1), FORMERR],
  ['a label of 63 octets', queryPacket(LABEL_63), ADMIT],
  ['a name of 255 octets', queryPacket(NAME_255), ADMIT],
  ['a name of 127 labels', queryPacket('a.'.repeat(127)), ADMIT],
  ['a name of 256 octets', queryPacket(`${NAME_255}x`), FORMERR],
  ['octets behind the question', join(GOOD, Buffer.of(0)), FORMERR],

  ['OPT', queryPacket('web', { edns: {} }), ADMIT],
  ['OPT of version 1', queryPacket('web', { edns: { version: 1, options: ednsOption(100) } }), BADVERS],
  ['OPT with an unknown option', queryPacket('web', { edns: { options: ednsOption(100, Buffer.alloc(8)) } }), ADMIT],
  ['OPT with a reserved flag', queryPacket('web', { edns: { flags: 0x0040 } }), ADMIT],
  ['OPT with 16,000 empty options', queryPacket('web', { edns: { options: MANY_OPTIONS } }), ADMIT],
  [
    'OPT with a cookie of any length',
    queryPacket('web', { edns: { options: ednsOption(10, Buffer.alloc(7)) } }),
    ADMIT,
  ],
  ['OPT whose last option is cut off', queryPacket('web', { edns: { options: uint16s(3, 1) } }), FORMERR],
  ['OPT with half the header of an option', queryPacket('web', { edns: { options: uint16s(3) } }), FORMERR],
  [
    'OPT of version 1 with options of another form',
    queryPacket('web', { edns: { version: 1, options: uint16s(3) } }),
    BADVERS,
  ],
  ['two OPT', counted([1, 0, 0, 2], QUESTION, optRecord(), optRecord()), FORMERR],
  ['OPT below a name', counted([1, 0, 0, 1], QUESTION, Buffer.of(1, 0x61), optRecord()), FORMERR],
  ['OPT that is cut off', queryPacket('web', { edns: {} }).subarray(0, -1), FORMERR],
  ['OPT whose options are cut off', counted([1, 0, 0, 1], QUESTION, optRecord().subarray(0, 9), uint16s(4)), FORMERR],
  ['OPT that is announced and missing', counted([1, 0, 0, 1], QUESTION), FORMERR],
  ['OPT that is not announced', join(GOOD, optRecord()), FORMERR],
  ['OPT and TSIG', counted([1, 0, 0, 2], QUESTION, optRecord(), TSIG), ADMIT],
  ['TSIG alone', counted([1, 0, 0, 1], QUESTION, TSIG), ADMIT],
  ['three additional records', counted([1, 0, 0, 3], QUESTION, optRecord(), TSIG, TSIG), FORMERR],
  ['an additional owner without end', counted([1, 0, 0, 1], QUESTION, Buffer.alloc(20, 1)), FORMERR],
  ['half a pointer as an additional owner', counted([1, 0, 0, 1], QUESTION, Buffer.of(0xc0)), FORMERR],

  ['class CH', queryPacket('version.bind', { type: TYPE.TXT, class: 3 }), REFUSED],
  ['class ANY', queryPacket('web', { class: 255 }), REFUSED],
]

const WORDS = new Map<number, string>([
  [ADMIT, 'admitted'],
  [DROP, 'dropped without a word'],
  [FORMERR, 'FORMERR'],
  [NOTIMP, 'NOTIMP'],
  [REFUSED, 'REFUSED'],
  [BADVERS, 'BADVERS'],
])

for (const [what, packet, verdict] of VERDICTS) {
  test(`${what}: ${WORDS.get(verdict)}`, () => {
    assert.equal(new Gate().admit(packet), verdict)
  })
}

test('what it says of a packet does not depend on the packets before', () => {
  const packets = fc.array(fc.constantFrom(...VERDICTS.map(([, packet]) => packet)), { maxLength: 6 })
  fc.assert(
    fc.property(packets, fc.constantFrom(...VERDICTS), (before, [, packet, verdict]) => {
      const used = new Gate()
      const fresh = new Gate()
      for (const other of before) used.admit(other)
      assert.equal(used.admit(packet), verdict)
      fresh.admit(packet)
      const { questionEnd, edns, dnssecOk, payloadOctets } = fresh
      assert.deepEqual(
        { questionEnd, edns, dnssecOk, payloadOctets },
        {
          questionEnd: used.questionEnd,
          edns: used.edns,
          dnssecOk: used.dnssecOk,
          payloadOctets: used.payloadOctets,
        },
      )
    }),
  )
})

test('a packet whose question was not read has no type left over from the packet before', () => {
  const gate = new Gate()
  gate.admit(queryPacket('web', { type: TYPE.AAAA }))
  for (const packet of [queryPacket('web', { flags: FLAG.QR }), question(0xc0, 0x0c, 0, 1, 0, 1), Buffer.alloc(3)]) {
    gate.admit(packet)
    assert.equal(gate.type, 0)
  }
})

test('what is asked is read whole: name, spelling, type, RD, CD and DO', () => {
  const gate = new Gate()
  const packet = queryPacket('Web.SHOP', { type: TYPE.SRV, flags: FLAG.CD, edns: { flags: 0x8000 } })
  gate.admit(packet)
  const { name, spelling, ...others } = gate.query(packet, 7)
  assert.equal(formatName(name), 'web.shop.')
  assert.deepEqual(spelling, Buffer.from('\x03Web\x04SHOP\0', 'latin1'))
  const flags = { dnssecOk: true, checkingDisabled: true, recursionDesired: false }
  assert.deepEqual(others, { type: TYPE.SRV, ...flags, deadlineMs: 7 })
})

test('any name is read as it is, in lower case', () => {
  const gate = new Gate()
  fc.assert(
    fc.property(anyName, (name) => {
      // No length octet is a letter: they end at 63, and A is 65.
      const spelling = name.replace(/[a-z]/g, (letter) => letter.toUpperCase())
      const packet = queryPacket(Buffer.from(spelling, 'latin1'))
      assert.equal(gate.admit(packet), ADMIT)
      assert.equal(gate.query(packet, 0).name, name)
    }),
  )
})

test('what the client takes over UDP is what it says, but never less than 512', () => {
  const gate = new Gate()
  const taken = (payloadOctets?: number) => {
    gate.admit(queryPacket('web', payloadOctets === undefined ? {} : { edns: { payloadOctets } }))
    return gate.payloadOctets
  }
  assert.deepEqual([undefined, 0, 511, 512, 513, 1232, 65_535].map(taken), [512, 512, 512, 512, 513, 1232, 65_535])
})

test('two queries have the same key exactly if the same answer is due to both', () => {
  const key = (packet: Buffer) => {
    const gate = new Gate()
    assert.equal(gate.admit(packet), ADMIT)
    return gate.key()
  }
  const same = [
    queryPacket('web.shop'),
    queryPacket('WEB.Shop', { id: 7 }),
    queryPacket('web.shop', { flags: 0 }),
    queryPacket('web.shop', { edns: { payloadOctets: 4096 } }),
  ]
  const others = [
    queryPacket('web.shop', { type: TYPE.AAAA }),
    queryPacket('web.shop', { type: TYPE.A + 256 }),
    queryPacket('web.shop', { edns: { flags: 0x8000 } }),
    queryPacket('web.shop', { flags: FLAG.CD }),
    queryPacket('web'),
    queryPacket(Buffer.from(parseName('web\\.shop'), 'latin1')),
    queryPacket(Buffer.from(parseName('web.shop\\000'), 'latin1')),
  ]
  assert.equal(new Set(same.map(key)).size, 1)
  assert.equal(new Set([same[0] as Buffer, ...others].map(key)).size, others.length + 1)
})
