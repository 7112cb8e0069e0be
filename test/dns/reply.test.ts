import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import { authored, type RelayedAnswer } from '../../lib/dns/answer.ts'
import { FLAG, MAX_MESSAGE_OCTETS, RCODE, TYPE } from '../../lib/dns/constants.ts'
import { EDE } from '../../lib/dns/extended-error.ts'
import { Gate } from '../../lib/dns/gate.ts'
import { extendedErrorsOf, readMessage } from '../../lib/dns/message.ts'
import { parseName } from '../../lib/dns/name.ts'
import { rcodeOf } from '../../lib/dns/rcode-of.ts'
import { rejection } from '../../lib/dns/reply.ts'
import { relayedAt } from './relayed-at.ts'
import { relay } from '../../lib/forward/relay.ts'
import { ednsOption, headerOf, queryPacket, spelled, uint16s } from '../helpers/packets.ts'
import { addresses, NOW_MS, replyTo, zoneLines } from './replying.ts'

const ANSWER = addresses(['10.0.0.1'])
const hosts = (count: number): string[] => Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 0xff}`)

/** An answer whose image has exactly so many octets: one record of an unknown type fills it. */
function answerOfOctets(octets: number) {
  const fill = octets - queryPacket('web').length - (2 + 10)
  const record = {
    owner: parseName('web'),
    type: 65_280,
    class: 1,
    ttlSeconds: 5,
    rdata: [{ octets: Buffer.alloc(fill) }],
  }
  return authored({ rcode: RCODE.NOERROR, answer: [record] })
}

function rejected(query: Buffer, rcode?: number, why?: Buffer): Buffer {
  const gate = new Gate()
  const verdict = gate.admit(query)
  return rejection(query, gate, rcode ?? verdict, { ...(why && { why }) })
}

test('a reply has the id of the query, QR and RA, and the question octet for octet', () => {
  const query = queryPacket('wEb', { id: 0xbeef })
  const { reply } = replyTo(query, ANSWER)
  assert.deepEqual(headerOf(reply), {
    id: 0xbeef,
    flags: FLAG.QR | FLAG.RD | FLAG.RA,
    rcode: 0,
    opcode: 0,
    counts: [1, 1, 0, 0],
  })
  assert.deepEqual(reply.subarray(12, query.length), query.subarray(12))
})

test('owners that are the name asked for show the letter case of the question', () => {
  const { reply } = replyTo(queryPacket('wEb'), ANSWER)
  assert.equal(packet.decode(reply).answers?.[0]?.name, 'wEb')
})

test('a name with any octets comes back as it was asked', () => {
  const name = Buffer.concat([Buffer.from([5, 0x00, 0x2e, 0x5c, 0x80, 0xff]), spelled('Shop')])
  const query = queryPacket(name)
  assert.deepEqual(replyTo(query, authored({ rcode: RCODE.NXDOMAIN })).reply.subarray(12), query.subarray(12))
})

// What the query has set, the answer, and the flags of the reply beyond QR and RA.
const FLAGS: readonly [string, number, boolean, number][] = [
  ['nothing', 0, false, 0],
  ['RD', FLAG.RD, false, FLAG.RD],
  ['CD', FLAG.CD, false, FLAG.CD],
  ['RD and CD', FLAG.RD | FLAG.CD, false, FLAG.RD | FLAG.CD],
  ['AD', FLAG.AD, false, 0],
  ['AD, AA, TC, Z and an rcode', FLAG.AD | FLAG.AA | FLAG.TC | 0x40 | 5, false, 0],
  ['RD, and the answer is ours', FLAG.RD, true, FLAG.RD | FLAG.AA],
]

for (const [what, flags, authoritative, more] of FLAGS) {
  test(`flags of a query with ${what}`, () => {
    const { reply } = replyTo(queryPacket('web', { flags }), { ...ANSWER, authoritative })
    assert.equal(headerOf(reply).flags, FLAG.QR | FLAG.RA | more)
  })
}

test('that an upstream has validated is told whoever asks for it, by AD or DO (FLG-01)', () => {
  const message = packet.encode({
    type: 'response',
    flags: packet.AUTHENTIC_DATA,
    questions: [{ type: 'A', name: 'web' }],
    answers: [{ type: 'A', name: 'web', ttl: 60, data: '192.0.2.1' }],
  })
  const adFor = (isTrusted: boolean, parts: Parameters<typeof queryPacket>[1]) => {
    const answer = relay(readMessage(message), { ...relayedAt(NOW_MS), isTrusted })
    return (headerOf(replyTo(queryPacket('web', parts), answer).reply).flags & FLAG.AD) !== 0
  }
  const queries = [{}, { flags: FLAG.AD }, { edns: { flags: 0x8000 } }, { edns: {} }]
  assert.deepEqual(
    queries.map((parts) => adFor(true, parts)),
    [false, true, true, false],
  )
  for (const parts of queries) assert.equal(adFor(false, parts), false)
})

test('without OPT in the query there is none in the reply', () => {
  assert.deepEqual(packet.decode(replyTo(queryPacket('web'), ANSWER).reply).additionals, [])
})

test('to a query with OPT: one OPT, last, version 0, 1232 octets, nothing echoed but DO', () => {
  const glue = addresses(['10.9.9.9']).answer
  for (const [flags, wanted] of [
    [0, 0],
    [0x8000, 0x8000],
    [0x7fff, 0],
    [0xffff, 0x8000],
  ] as const) {
    const query = queryPacket('web', {
      edns: { payloadOctets: 4096, flags, options: ednsOption(100, Buffer.alloc(8)) },
    })
    const { reply } = replyTo(query, { ...ANSWER, additional: glue })
    assert.deepEqual(reply.subarray(-11), Buffer.concat([Buffer.of(0), uint16s(TYPE.OPT, 1232, 0, wanted, 0)]))
    assert.deepEqual(headerOf(reply).counts, [1, 1, 0, 2])
  }
})

test('why it failed is told to a client with EDNS, and to no other', () => {
  const errors = [
    { code: EDE.NETWORK_ERROR, text: 'no route' },
    { code: EDE.STALE, text: '' },
  ]
  const failed = authored({ rcode: RCODE.SERVFAIL, errors })
  const plain = replyTo(queryPacket('web'), failed).reply
  assert.deepEqual([plain.length, headerOf(plain).rcode], [queryPacket('web').length, RCODE.SERVFAIL])
  assert.deepEqual(extendedErrorsOf(readMessage(replyTo(queryPacket('web', { edns: {} }), failed).reply)), errors)
})

// Octets of the answer without OPT, what the client says it takes (none: no OPT), and whether all of it is sent.
const SIZES: readonly [number, number | undefined, boolean][] = [
  [512, undefined, true],
  [513, undefined, false],
  [501, 512, true],
  [502, 512, false],
  [501, 0, true],
  [502, 100, false],
  [600, 611, true],
  [601, 611, false],
  [1221, 1232, true],
  [1222, 1232, false],
  [1221, 65_535, true],
  [1222, 65_535, false],
]

for (const [octets, payloadOctets, whole] of SIZES) {
  test(`${octets} octets to a client that takes ${payloadOctets ?? 'no EDNS'}: ${whole ? 'sent' : 'TC'}`, () => {
    const query = queryPacket('web', payloadOctets === undefined ? {} : { edns: { payloadOctets } })
    const { reply } = replyTo(query, answerOfOctets(octets))
    const { flags, counts } = headerOf(reply)
    assert.equal((flags & FLAG.TC) === 0, whole)
    assert.equal(reply.length, whole ? octets + (query.length - queryPacket('web').length) : query.length)
    assert.deepEqual(counts, [1, whole ? 1 : 0, 0, payloadOctets === undefined ? 0 : 1])
  })
}

test('a truncated reply keeps id, AA, rcode, RD and the question, and has no record', () => {
  const query = queryPacket('wEb', { id: 7 })
  const { reply } = replyTo(query, { ...addresses(hosts(100)), authoritative: true })
  const flags = FLAG.QR | FLAG.AA | FLAG.TC | FLAG.RD | FLAG.RA
  assert.deepEqual(headerOf(reply), { id: 7, flags, rcode: 0, opcode: 0, counts: [1, 0, 0, 0] })
  assert.deepEqual(reply.subarray(12), query.subarray(12))
})

test('over TCP the same answer is whole', () => {
  const { reply } = replyTo(queryPacket('web', { edns: { payloadOctets: 512 } }), addresses(hosts(100)), {
    overUdp: false,
  })
  assert.equal(zoneLines(reply).length, 100)
  assert.equal(headerOf(reply).flags & FLAG.TC, 0)
})

test('over TCP an answer is never truncated, however large and with OPT or without: there is nothing to retry with', () => {
  for (const edns of [undefined, {}]) {
    const query = queryPacket('web', edns === undefined ? {} : { edns })
    const { reply } = replyTo(query, addresses(hosts(5000)), { overUdp: false })
    assert.ok(reply.length <= MAX_MESSAGE_OCTETS)
    assert.equal(headerOf(reply).flags & FLAG.TC, 0)
    assert.ok(zoneLines(reply).length > 4000)
  }
})

test('a relayed failure that only EDNS can express does not look like an empty answer', () => {
  const bytes = packet.encode({
    type: 'response',
    questions: [{ type: 'A', name: 'web' }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: 1232,
        extendedRcode: 1,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  })
  const answer: RelayedAnswer = relay(readMessage(bytes), relayedAt(NOW_MS))
  assert.notEqual(headerOf(replyTo(queryPacket('web'), answer).reply).rcode, RCODE.NOERROR)
})

test('a rejected header of opcode 15 gets its header back', () => {
  const reply = rejected(uint16s(0xbeef, (15 << 11) | FLAG.RD, 0, 0, 0, 0))
  const flags = FLAG.QR | (15 << 11) | FLAG.RD | FLAG.RA | RCODE.NOTIMP
  assert.equal(reply.length, 12)
  assert.deepEqual(headerOf(reply), { id: 0xbeef, flags, rcode: RCODE.NOTIMP, opcode: 15, counts: [0, 0, 0, 0] })
})

test('FORMERR for what cannot be read has the id, and no question', () => {
  const reply = rejected(queryPacket('web', { id: 9 }).subarray(0, 14))
  assert.deepEqual([reply.length, headerOf(reply).id, headerOf(reply).rcode], [12, 9, RCODE.FORMERR])
  assert.deepEqual(headerOf(reply).counts, [0, 0, 0, 0])
})

test('another version of EDNS is told ours: BADVERS in both halves, version 0, no option', () => {
  const query = queryPacket('web', { edns: { version: 1, flags: 0x8000, options: ednsOption(100) } })
  const reply = rejected(query)
  const { rcode, opt, question } = readMessage(reply)
  assert.equal(rcode, RCODE.BADVERS)
  assert.equal(question.name, parseName('web'))
  assert.deepEqual([opt && reply[opt.ttlAt + 1], opt && opt.end - opt.rdataAt], [0, 0])
})

test('a refusal has the question, and says why to a client with EDNS only', () => {
  const why = ednsOption(15, uint16s(EDE.PROHIBITED))
  const plain = rejected(queryPacket('wEb'), RCODE.REFUSED, why)
  assert.deepEqual(plain.subarray(12), queryPacket('wEb').subarray(12))
  assert.equal(headerOf(plain).rcode, RCODE.REFUSED)
  const told = rejected(queryPacket('web', { edns: {} }), RCODE.REFUSED, why)
  assert.deepEqual(extendedErrorsOf(readMessage(told)), [{ code: EDE.PROHIBITED, text: '' }])
})

test('the rcode of a reply has its upper bits, where there are any', () => {
  const query = queryPacket('web', { edns: {} })
  for (const rcode of [RCODE.NOERROR, RCODE.REFUSED, RCODE.BADVERS, RCODE.BADCOOKIE]) {
    assert.equal(rcodeOf(rejected(query, rcode)), rcode)
  }
  assert.equal(rcodeOf(rejected(query.subarray(0, 12), RCODE.FORMERR)), RCODE.FORMERR)
  assert.equal(rcodeOf(replyTo(query, ANSWER).reply), RCODE.NOERROR)
})
