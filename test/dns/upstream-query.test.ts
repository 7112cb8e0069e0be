import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import * as fc from 'fast-check'
import type { Query } from '../../lib/dns/answer.ts'
import { FLAG, TYPE } from '../../lib/dns/constants.ts'
import { parseName } from '../../lib/dns/name.ts'
import { encodeUpstreamQuery } from '../../lib/dns/upstream-query.ts'
import { isReply } from '../../lib/forward/transport/is-reply.ts'
import { headerOf, queryPacket, spelled, uint16s } from '../helpers/packets.ts'
import { anyName } from './arbitrary-names.ts'

const QUERY: Query = {
  name: parseName('web.shop'),
  type: TYPE.AAAA,
  dnssecOk: false,
  checkingDisabled: false,
  recursionDesired: false,
  deadlineMs: 0,
}

test('asks with RD, one question, and OPT of 1232 octets without options', () => {
  const decoded = packet.decode(encodeUpstreamQuery(QUERY, { id: 0xbeef, edns: true }))
  assert.equal(decoded.id, 0xbeef)
  assert.equal(decoded.type, 'query')
  assert.equal(decoded.flags, packet.RECURSION_DESIRED)
  assert.deepEqual(decoded.questions, [{ name: 'web.shop', type: 'AAAA', class: 'IN' }])
  assert.equal(decoded.additionals?.length, 1)
  const [opt] = decoded.additionals ?? []
  assert.ok(opt?.type === 'OPT')
  assert.deepEqual([opt.udpPayloadSize, opt.ednsVersion, opt.flags, opt.options], [1232, 0, 0, []])
})

test('to a server that does not know EDNS it is a plain query', () => {
  assert.deepEqual(
    encodeUpstreamQuery(QUERY, { id: 7, edns: false }),
    queryPacket('web.shop', { id: 7, type: TYPE.AAAA, flags: FLAG.RD }),
  )
})

test('of the client only CD, DO and the spelling go on', () => {
  const query = { ...QUERY, checkingDisabled: true, dnssecOk: true, spelling: spelled('wEb.Shop') }
  const bytes = encodeUpstreamQuery(query, { id: 7, edns: true })
  assert.equal(headerOf(bytes).flags, FLAG.RD | FLAG.CD)
  assert.equal(packet.decode(bytes).questions?.[0]?.name, 'wEb.Shop')
  assert.equal(bytes.readUInt16BE(bytes.length - 4), 0x8000)
})

test('any name goes out octet for octet', () => {
  fc.assert(
    fc.property(anyName, (name) => {
      const bytes = encodeUpstreamQuery({ ...QUERY, name }, { id: 7, edns: false })
      assert.deepEqual(bytes.subarray(12, -4), Buffer.from(name, 'latin1'))
    }),
  )
})

const ASKED = queryPacket('web.shop', { id: 7, edns: {} })
const reply = (name: string | Buffer, parts: Parameters<typeof queryPacket>[1] = {}): Buffer =>
  queryPacket(name, { id: 7, flags: FLAG.QR, ...parts })
const isReplyTo = (octets: Buffer, query: Buffer): boolean => isReply(octets, query, query.readUInt16BE(0), false)

const twoQuestions = reply('web.shop')
twoQuestions[5] = 2

const REPLIES: readonly [string, Buffer, boolean][] = [
  ['a reply', reply('web.shop'), true],
  ['a reply with records behind it', Buffer.concat([reply('web.shop'), Buffer.alloc(100)]), true],
  ['a reply in other letters', reply('WEB.sHop'), true],
  ['a reply with all flags and an rcode', reply('web.shop', { flags: 0x87ff }), true],
  ['the query itself', ASKED, false],
  ['another id', reply('web.shop', { id: 8 }), false],
  ['another opcode', reply('web.shop', { flags: FLAG.QR | (4 << 11) }), false],
  ['another name', reply('web.ship'), false],
  ['a name in which one octet differs by the bit of letter case', reply('web@shop'), false],
  ['a longer name', reply('a.web.shop'), false],
  ['another type', reply('web.shop', { type: TYPE.AAAA }), false],
  ['another class', reply('web.shop', { class: 3 }), false],
  ['no question', uint16s(7, FLAG.QR, 0, 0, 0, 0), false],
  ['two questions', twoQuestions, false],
  ['a name behind a pointer', reply(Buffer.concat([Buffer.from('\x03web'), uint16s(0xc00c)])), false],
  ['eleven octets', reply('web.shop').subarray(0, 11), false],
  ['half a question', reply('web.shop').subarray(0, -1), false],
  ['nothing', Buffer.alloc(0), false],
]

for (const [what, octets, wanted] of REPLIES) {
  test(`${what} is ${wanted ? 'taken' : 'not taken'} for a reply`, () => {
    assert.equal(isReplyTo(octets, ASKED), wanted)
  })
}

test('octets that are no letters have no letter case', () => {
  const at = (octet: number) => reply(Buffer.from([1, octet, 0]))
  const asked = queryPacket(Buffer.from([1, 0x5b, 0]), { id: 7 })
  assert.equal(isReplyTo(at(0x5b), asked), true)
  assert.equal(isReplyTo(at(0x7b), asked), false)
})
