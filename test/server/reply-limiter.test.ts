import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLAG, RCODE } from '../../lib/dns/constants.ts'
import { UDP } from '../../lib/server/carrier.ts'
import { ReplyLimiter } from '../../lib/server/reply-limiter.ts'
import { headerOf, queryPacket } from '../helpers/packets.ts'
import { ScriptedResponder } from './scripted-responder.ts'

const POLICY = {
  responsesPerSecond: 5,
  slip: 2,
  prefixes: { ipv4: 24, ipv6: 56 },
  isExempt: (client: string) => client.startsWith('10.'),
}

function world(policy = POLICY) {
  const scripted = new ScriptedResponder({ allows: (client) => client.startsWith('10.') })
  const limiter = new ReplyLimiter(policy, scripted.clock)
  const respond = limiter.limited(scripted.responder.respond)
  const ask = async (client: string, times: number, query = queryPacket('web', { edns: {} })): Promise<Buffer[]> => {
    const replies: Buffer[] = []
    for (let i = 0; i < times; i++) {
      const reply = await respond(query, client, UDP)
      if (reply !== undefined) replies.push(reply)
    }
    return replies
  }
  return { scripted, limiter, ask }
}

test('who is exempt gets every reply', async () => {
  const { ask, limiter } = world()
  assert.equal((await ask('10.0.0.1', 100)).length, 100)
  assert.deepEqual([limiter.dropped, limiter.slipped], [0, 0])
})

test('others get so many, refusals too; then half are told to come by TCP, and the rest nothing', async () => {
  const { ask, limiter } = world()
  const replies = await ask('203.0.113.1', 25)
  assert.deepEqual(
    replies.map((reply) => headerOf(reply)).map(({ rcode, flags }) => [rcode, (flags & FLAG.TC) !== 0]),
    Array.from({ length: 15 }, (_, i) => (i < 5 ? [RCODE.REFUSED, false] : [RCODE.NOERROR, true])),
  )
  assert.deepEqual([limiter.dropped, limiter.slipped], [10, 10])
})

test('what tells to come by TCP is a reply to the query, and no longer than it', async () => {
  const { ask } = world({ ...POLICY, slip: 1 })
  for (const query of [queryPacket('web', { id: 77 }), queryPacket('wEb', { id: 78, edns: {} })]) {
    const reply = (await ask('203.0.113.1', 6, query)).at(-1)!
    const { id, flags, counts } = headerOf(reply)
    assert.equal(id, query.readUInt16BE(0))
    assert.ok((flags & FLAG.QR) !== 0 && (flags & FLAG.TC) !== 0)
    assert.deepEqual(counts, headerOf(query).counts)
    assert.ok(reply.length <= query.length)
    assert.ok(reply.includes(query.subarray(12, 21)))
  }
})

test('beyond the limit nothing is worked out, and what is no query is not answered', async () => {
  const { ask, scripted } = world({ ...POLICY, slip: 1, isExempt: () => false })
  for (let i = 0; i < 100; i++) await ask('10.0.0.1', 1, queryPacket(`n${i}`))
  assert.equal(scripted.asked.length, 5)
  assert.deepEqual(await ask('10.0.0.1', 3, queryPacket('web', { flags: FLAG.QR })), [])
  assert.deepEqual(await ask('10.0.0.1', 3, Buffer.of(1)), [])
})

test('another policy holds at once, for those that were exempt too; 0 is no limit', async () => {
  const { ask, limiter } = world()
  await ask('10.0.0.1', 10)
  limiter.exchange({ ...POLICY, slip: 0, isExempt: () => false })
  assert.equal((await ask('10.0.0.1', 10)).length, 5)
  limiter.exchange({ ...POLICY, responsesPerSecond: 0, isExempt: () => false })
  assert.equal((await ask('10.0.0.1', 10)).length, 10)
})

test('after a second of quiet it is as if nothing had been', async () => {
  const { ask, scripted } = world({ ...POLICY, slip: 0 })
  assert.equal((await ask('203.0.113.1', 10)).length, 5)
  scripted.clock.advance(1000)
  assert.equal((await ask('203.0.113.1', 10)).length, 5)
})
