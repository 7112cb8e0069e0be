import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import { authored, TTL_ZERO } from '../../lib/dns/answer.ts'
import { RCODE, TYPE } from '../../lib/dns/constants.ts'
import { readMessage } from '../../lib/dns/message.ts'
import { parseName } from '../../lib/dns/name.ts'
import { addressRecord, soaRecord } from '../../lib/dns/record.ts'
import { relayedAt } from './relayed-at.ts'
import { relay } from '../../lib/forward/relay.ts'
import { queryPacket, uint16s } from '../helpers/packets.ts'
import { addresses, NOW_MS, replyTo, zoneLines } from './replying.ts'

const QUERY = queryPacket('web')
const WEB = parseName('web')

const upstreamReply = (answers: packet.Answer[], rcode = 0): Buffer =>
  packet.encode({
    type: 'response',
    flags: packet.RECURSION_DESIRED | packet.AUTHENTIC_DATA | rcode,
    questions: [{ type: 'A', name: 'web' }],
    answers,
  })

const relayed = (answers: packet.Answer[]) => relay(readMessage(upstreamReply(answers)), relayedAt(NOW_MS))
const a = (data: string, ttl: number): packet.Answer => ({ type: 'A', name: 'web', ttl, data })
const at = (seconds: number) => ({ nowMs: NOW_MS + seconds * 1000 })

test('the TTL of what we author does not count down', () => {
  const answer = addresses(['10.0.0.1'])
  for (const seconds of [0, 4, 3600]) {
    assert.deepEqual(zoneLines(replyTo(QUERY, answer, at(seconds)).reply), ['web 5 A 10.0.0.1'])
  }
})

// Seconds since a record with a TTL of 30 came, and the TTL that is sent.
const COUNTDOWN: readonly [number, number][] = [
  [0, 30],
  [0.001, 30],
  [1, 29],
  [29, 1],
  [29.999, 1],
  // Only what is sent once and not kept gets here; 0 would make every cache ask again at once.
  [31, 1],
]

for (const [seconds, ttl] of COUNTDOWN) {
  test(`a TTL of 30 from an upstream is ${ttl} after ${seconds} s`, () => {
    assert.deepEqual(zoneLines(replyTo(QUERY, relayed([a('10.0.0.1', 30)]), at(seconds)).reply), [
      `web ${ttl} A 10.0.0.1`,
    ])
  })
}

test('each TTL of a relayed message counts down on its own', () => {
  const answer = relayed([
    { type: 'CNAME', name: 'web', ttl: 300, data: 'shop' },
    { ...a('10.0.0.1', 20), name: 'shop' },
  ])
  assert.deepEqual(zoneLines(replyTo(QUERY, answer, at(15)).reply), ['web 285 CNAME shop', 'shop 5 A 10.0.0.1'])
})

test('a TTL of 0 stays 0, and the answer is sent once and not kept', () => {
  const { reply, image } = replyTo(QUERY, relayed([a('10.0.0.1', 0), a('10.0.0.2', 60)]))
  assert.deepEqual(zoneLines(reply), ['web 0 A 10.0.0.1', 'web 60 A 10.0.0.2'])
  assert.ok(image.expiresAtMs <= NOW_MS)
})

test('what decays in an answer of ours counts down under the cap, the rest keeps its TTL', () => {
  const decaying = { ...addressRecord(WEB, 300, '10.0.0.2'), expiresAtMs: NOW_MS + 300_000 }
  const once = { ...addressRecord(WEB, 0, '10.0.0.3'), expiresAtMs: TTL_ZERO }
  const answer = authored({
    rcode: RCODE.NOERROR,
    answer: [addressRecord(WEB, 7, '10.0.0.1'), decaying, once],
    ttlCapSeconds: 30,
  })
  const ttls = (seconds: number) =>
    zoneLines(replyTo(QUERY, answer, at(seconds)).reply).map((line) => line.split(' ')[1])
  assert.deepEqual(ttls(0), ['7', '30', '0'])
  assert.deepEqual(ttls(269), ['7', '30', '0'])
  assert.deepEqual(ttls(290), ['7', '10', '0'])
})

test('the TTL of the SOA of a negative answer counts down and is capped too', () => {
  const fields = { mname: parseName('ns'), rname: parseName('root'), serial: 1, minimumSeconds: 60 }
  const soa = { ...soaRecord(parseName('shop'), 60, fields), expiresAtMs: NOW_MS + 60_000 }
  const answer = authored({ rcode: RCODE.NXDOMAIN, authority: [soa], ttlCapSeconds: 30 })
  const ttl = (seconds: number) => packet.decode(replyTo(QUERY, answer, at(seconds)).reply).authorities?.[0]
  assert.deepEqual(
    [ttl(0), ttl(45)].map((record) => record && 'ttl' in record && record.ttl),
    [30, 15],
  )
})

test('an answer may be kept until the first of its records has run down', () => {
  assert.equal(replyTo(QUERY, relayed([a('10.0.0.1', 30), a('10.0.0.2', 20)])).image.expiresAtMs, NOW_MS + 20_000)
})

test('an answer of ours that follows from something that runs down may be kept until then', () => {
  const answer = { ...addresses(['10.0.0.1']), expiresAtMs: NOW_MS + 9000 }
  assert.equal(replyTo(QUERY, answer).image.expiresAtMs, NOW_MS + 9000)
  assert.equal(replyTo(QUERY, addresses(['10.0.0.1'])).image.expiresAtMs, Number.POSITIVE_INFINITY)
})

test('a failure is not kept', () => {
  const failed = relay(readMessage(upstreamReply([], RCODE.SERVFAIL)), relayedAt(NOW_MS))
  for (const answer of [failed, authored({ rcode: RCODE.SERVFAIL }), authored({ rcode: RCODE.REFUSED })]) {
    assert.ok(replyTo(QUERY, answer).image.expiresAtMs <= NOW_MS)
  }
})

test('the final set of addresses takes turns, and each address is first equally often', () => {
  const answer = addresses(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  const orders = [0, 1, 2, 3, 4].map((turn) => {
    const lines = zoneLines(replyTo(QUERY, answer, { turn }).reply)
    return lines.map((line) => line.at(-1)).join('')
  })
  assert.deepEqual(orders, ['123', '231', '312', '123', '231'])
})

test('aliases stay first and in the order of the chain while the addresses take turns', () => {
  const answer = addresses(['fd00::1', 'fd00::2'], ['shop', 'end'])
  const lines = [0, 1].map((turn) => zoneLines(replyTo(queryPacket('web', { type: 28 }), answer, { turn }).reply))
  assert.deepEqual(lines, [
    ['web 5 CNAME shop', 'shop 5 CNAME end', 'end 5 AAAA fd00::1', 'end 5 AAAA fd00::2'],
    ['web 5 CNAME shop', 'shop 5 CNAME end', 'end 5 AAAA fd00::2', 'end 5 AAAA fd00::1'],
  ])
})

test('records behind the answer do not move', () => {
  const glue = [addressRecord(parseName('ns1'), 5, '10.0.0.8'), addressRecord(parseName('ns2'), 5, '10.0.0.9')]
  const answer = { ...addresses(['10.0.0.1', '10.0.0.2']), additional: glue }
  const lines = zoneLines(replyTo(QUERY, answer, { turn: 1 }).reply)
  assert.deepEqual(lines, ['web 5 A 10.0.0.2', 'web 5 A 10.0.0.1', 'ns1 5 A 10.0.0.8', 'ns2 5 A 10.0.0.9'])
})

test('addresses with TTLs of their own (RFC 2181 §5.2 knows better) keep them, and their order', () => {
  const unequal = relayed([a('10.0.0.1', 0), a('10.0.0.2', 60)])
  const decaying = { ...addressRecord(WEB, 30, '10.0.0.2'), expiresAtMs: NOW_MS + 20_000 }
  const ours = authored({ rcode: RCODE.NOERROR, answer: [addressRecord(WEB, 30, '10.0.0.1'), decaying] })
  for (const turn of [0, 1]) {
    assert.deepEqual(zoneLines(replyTo(QUERY, unequal, { turn }).reply), ['web 0 A 10.0.0.1', 'web 60 A 10.0.0.2'])
    assert.deepEqual(zoneLines(replyTo(QUERY, ours, { turn }).reply), ['web 30 A 10.0.0.1', 'web 20 A 10.0.0.2'])
  }
})

test('the addresses of a relayed message take turns too', () => {
  const answer = relayed([a('10.0.0.1', 30), a('10.0.0.2', 30)])
  assert.deepEqual(zoneLines(replyTo(QUERY, answer, { turn: 1 }).reply), ['web 30 A 10.0.0.2', 'web 30 A 10.0.0.1'])
})

test('a message whose second owner points to the first one is still readable when the addresses take turns', () => {
  const head = upstreamReply([]).subarray(0, 12 + 9)
  const record = (pointer: number, last: number) =>
    Buffer.from([0xc0, pointer, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 10, 0, 0, last])
  const message = Buffer.concat([head, record(12, 1), record(head.length, 2)])
  message.writeUInt16BE(2, 6)
  const answer = relay(readMessage(message), relayedAt(NOW_MS))
  for (const turn of [0, 1]) {
    const { records } = readMessage(replyTo(QUERY, answer, { turn }).reply)
    assert.deepEqual(
      records.map(({ owner }) => owner),
      [WEB, WEB],
    )
  }
})

test('the image of a message that did not fit counts the records that it lacks', () => {
  const many = Array.from({ length: 5000 }, (_, i) => `10.1.${i >> 8}.${i & 0xff}`)
  const { reply, image } = replyTo(QUERY, addresses(many), { overUdp: false })
  assert.equal(zoneLines(reply).length + image.dropped, 5000)
  assert.ok(image.dropped > 0)
})

test('a signature without anything in it is as good as any', () => {
  const message = Buffer.concat([upstreamReply([a('10.0.0.1', 30)]), uint16s(0xc00c, TYPE.RRSIG, 1, 0, 30, 0)])
  message.writeUInt16BE(1, 8)
  const { reply } = replyTo(QUERY, relay(readMessage(message), relayedAt(NOW_MS)))
  assert.deepEqual(
    readMessage(reply).records.map(({ type }) => type),
    [TYPE.A, TYPE.RRSIG],
  )
})
