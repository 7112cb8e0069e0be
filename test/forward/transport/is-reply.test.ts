import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lowerCase } from '../../../lib/dns/name.ts'
import { isReply } from '../../../lib/forward/transport/is-reply.ts'
import { mutated, queryPacket, randomOctets, seededRandom } from '../../helpers/packets.ts'
import { answerTo, withId } from './answers.ts'

const query = queryPacket('wWw.Example', { id: 7, edns: {} })
const respelled = Buffer.from(answerTo(query).toString('latin1').replace('wWw', 'WwW'), 'latin1')

test('letter case decides only where it has to match', () => {
  assert.ok(isReply(answerTo(query), query, 7, true))
  assert.ok(isReply(respelled, query, 7, false))
  assert.ok(!isReply(respelled, query, 7, true))
})

test('the id is the one that it was sent with', () => {
  assert.ok(isReply(withId(answerTo(query), 0xabcd), query, 0xabcd, false))
  assert.ok(!isReply(answerTo(query), query, 0xabcd, false))
})

test('octets that differ from letters in the same bit are no letters', () => {
  const odd = queryPacket(Buffer.from('\x03@[`\x00', 'latin1'), { id: 7 })
  const reply = answerTo(queryPacket(Buffer.from('\x03`{@\x00', 'latin1'), { id: 7 }))
  assert.ok(!isReply(reply, odd, 7, false))
})

// The same by strings: slower, and hard to get wrong.
function isReplyTo(reply: Buffer): boolean {
  const end = 12 + Buffer.from('\x03wWw\x07Example\x00').length + 4
  const name = (octets: Buffer) => lowerCase(octets.toString('latin1', 12, end - 4))
  return (
    reply.length >= end &&
    reply.readUInt16BE(0) === 7 &&
    (reply.readUInt16BE(2) & 0xf800) === 0x8000 &&
    reply.readUInt16BE(4) === 1 &&
    name(reply) === name(query) &&
    reply.compare(query, end - 4, end, end - 4, end) === 0
  )
}

test('says of broken replies what the other implementation says', () => {
  const random = seededRandom(1)
  let matched = 0
  for (let i = 0; i < 20_000; i++) {
    const reply = random(10) === 0 ? randomOctets(random, random(40)) : mutated(respelled, random)
    const expected = isReplyTo(reply)
    if (expected) matched++
    assert.equal(isReply(reply, query, 7, false), expected, reply.toString('hex'))
  }
  assert.ok(matched > 500 && matched < 19_500, `${matched} of 20000 match`)
})
