import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authored } from '../../lib/dns/answer.ts'
import { FLAG, RCODE } from '../../lib/dns/constants.ts'
import { nsidOption } from '../../lib/dns/edns/nsid.ts'
import { EDE } from '../../lib/dns/extended-error.ts'
import { readMessage } from '../../lib/dns/message.ts'
import { parseName } from '../../lib/dns/name.ts'
import { type Carrier, TCP, UDP } from '../../lib/server/carrier.ts'
import { ednsOption, headerOf, optRecord, queryPacket, uint16s } from '../helpers/packets.ts'
import {
  ask,
  asking,
  CLIENT,
  CLIENT_COOKIE,
  codesOf,
  COOKIE,
  cookies,
  EDE_OPTION,
  NSID,
  optionsOf,
  rcodeOf,
} from './asking-options.ts'
import { addressesOf, ScriptedResponder } from './scripted-responder.ts'

const KEPT: Carrier = { ...TCP, idleMs: 10_000 }
const nsid = nsidOption('node-a')

test('a client learns a cookie, shows it, and gets the same again (EDNS-17)', async () => {
  const world = new ScriptedResponder({ edns: cookies() })
  const first = optionsOf(await ask(world, asking(ednsOption(COOKIE, CLIENT_COOKIE)))).get(COOKIE) as Buffer
  assert.equal(first.length, 24)
  assert.deepEqual(first.subarray(0, 8), CLIENT_COOKIE)
  assert.deepEqual(first.subarray(8, 16), Buffer.concat([Buffer.of(1, 0, 0, 0), uint16s(0x5cf7, 0x9f11)]))
  const again = await ask(world, asking(ednsOption(COOKIE, first)))
  assert.deepEqual([rcodeOf(again), optionsOf(again).get(COOKIE)], [RCODE.NOERROR, first])
  assert.deepEqual(codesOf(await ask(world, queryPacket('web', { edns: {} }))), [])
  const { missing, valid, wrong, malformed } = world.responder.counters.cookies
  assert.deepEqual([missing, valid, wrong, malformed], [1, 1, 0, 0])
})

test('a cookie of 7, 9, 15 or 41 octets is FORMERR (EDNS-18), unless there are no cookies here', async () => {
  const world = new ScriptedResponder({ edns: cookies() })
  const without = new ScriptedResponder()
  for (const octets of [0, 7, 9, 15, 41]) {
    const query = asking(ednsOption(COOKIE, Buffer.alloc(octets)))
    assert.deepEqual([rcodeOf(await ask(world, query)), codesOf(await ask(world, query))], [RCODE.FORMERR, []])
    assert.deepEqual([rcodeOf(await ask(without, query)), codesOf(await ask(without, query))], [RCODE.NOERROR, []])
  }
  assert.equal(world.responder.counters.cookies.malformed, 10)
})

test('a cookie that does not hold is answered with one that does, and all else as ever', async () => {
  const world = new ScriptedResponder({ edns: cookies() })
  const wrong = Buffer.concat([CLIENT_COOKIE, Buffer.alloc(16, 1)])
  const reply = await ask(world, asking(ednsOption(COOKIE, wrong)))
  assert.deepEqual([rcodeOf(reply), headerOf(reply).counts], [RCODE.NOERROR, [1, 1, 0, 1]])
  const fresh = optionsOf(reply).get(COOKIE) as Buffer
  await ask(world, asking(ednsOption(COOKIE, fresh)))
  assert.deepEqual([world.responder.counters.cookies.wrong, world.responder.counters.cookies.valid], [1, 1])
})

test('where cookies are required, who shows none of ours gets one over UDP and nothing else (EDNS-19)', async () => {
  const world = new ScriptedResponder({ edns: { nsid, ...cookies(true) } })
  for (const content of [CLIENT_COOKIE, Buffer.concat([CLIENT_COOKIE, Buffer.alloc(16, 1)])]) {
    const query = asking(ednsOption(COOKIE, content), ednsOption(NSID))
    const turnedAway = await ask(world, query)
    assert.deepEqual([rcodeOf(turnedAway), headerOf(turnedAway).counts], [RCODE.BADCOOKIE, [1, 0, 0, 1]])
    assert.equal(readMessage(turnedAway).opt?.ttlSeconds, 1 << 24)
    const fresh = optionsOf(turnedAway).get(COOKIE) as Buffer
    assert.equal(rcodeOf(await ask(world, asking(ednsOption(COOKIE, fresh)))), RCODE.NOERROR)
    const overTcp = await ask(world, query, KEPT)
    assert.deepEqual([rcodeOf(overTcp), headerOf(overTcp).counts[1]], [RCODE.NOERROR, 1])
  }
  // Who does not take part is not concerned (RFC 7873 §5.2.1).
  assert.equal(rcodeOf(await ask(world, queryPacket('web', { edns: {} }))), RCODE.NOERROR)
  assert.equal(rcodeOf(await ask(world, queryPacket('web'))), RCODE.NOERROR)
  assert.equal(world.responder.counters.responses[RCODE.BADCOOKIE], 2)
})

const alone = (...options: readonly Buffer[]): Buffer =>
  Buffer.concat([uint16s(0xbeef, 0, 0, 0, 0, 1), optRecord({ options: Buffer.concat(options) })])
const learnt = (reply: Buffer): Buffer => reply.subarray(12 + 11 + 4)

test('a query for a cookie alone gets it, and hears whether the one that it shows holds (HDR-11)', async () => {
  for (const areRequired of [false, true]) {
    const world = new ScriptedResponder({ edns: cookies(areRequired), allows: (client) => client === CLIENT })
    const reply = await ask(world, alone(ednsOption(COOKIE, CLIENT_COOKIE)))
    assert.deepEqual(headerOf(reply), {
      id: 0xbeef,
      flags: FLAG.QR | FLAG.RA,
      rcode: RCODE.NOERROR,
      opcode: 0,
      counts: [0, 0, 0, 1],
    })
    assert.equal(reply.length, 12 + 11 + 4 + 24)
    const held = await ask(world, alone(ednsOption(COOKIE, learnt(reply))))
    assert.deepEqual(learnt(held), learnt(reply))
    const wrong = await ask(world, alone(ednsOption(COOKIE, Buffer.concat([CLIENT_COOKIE, Buffer.alloc(16)]))))
    assert.deepEqual([headerOf(wrong).rcode, wrong[12 + 5], learnt(wrong)], [RCODE.BADCOOKIE & 0xf, 1, learnt(reply)])
    const malformed = await ask(world, alone(ednsOption(COOKIE, Buffer.alloc(9))))
    assert.deepEqual([headerOf(malformed).rcode, malformed.length], [RCODE.FORMERR, 23])
    const stranger = world.responder.respond(alone(ednsOption(COOKIE, CLIENT_COOKIE)), '192.0.2.1', UDP)
    assert.ok(Buffer.isBuffer(stranger))
    assert.equal(headerOf(stranger).rcode, RCODE.REFUSED)
  }
})

test('without cookies, or without a cookie, a query without a question is FORMERR (HDR-10)', async () => {
  const world = new ScriptedResponder({ edns: cookies() })
  for (const [server, query] of [
    [new ScriptedResponder(), alone(ednsOption(COOKIE, CLIENT_COOKIE))],
    [world, alone(ednsOption(NSID))],
    [world, alone()],
    [world, uint16s(0xbeef, 0, 0, 0, 0, 0)],
  ] as const) {
    const { rcode, counts } = headerOf(await ask(server, query))
    assert.deepEqual([rcode, counts[0]], [RCODE.FORMERR, 0])
  }
})

test('where not everything fits: the cookie, the records, who we are, why', async () => {
  const errors = [{ code: EDE.STALE, text: 'x'.repeat(100) }]
  const codesWith = async (addresses: number) => {
    const world = new ScriptedResponder({ edns: { nsid, ...cookies() } })
    const list = Array.from({ length: addresses }, (_, i) => `10.0.0.${i}`)
    world.answer('web', () => ({ ...addressesOf({ name: parseName('web') }, list), errors }))
    const options = Buffer.concat([ednsOption(COOKIE, CLIENT_COOKIE), ednsOption(NSID)])
    const reply = await ask(world, queryPacket('web', { edns: { payloadOctets: 512, options } }))
    assert.ok(reply.length <= 512)
    return [(headerOf(reply).flags & FLAG.TC) !== 0, headerOf(reply).counts[1], ...codesOf(reply)]
  }
  // Header and question are 21 octets, an address is 16; OPT is 11, and its options 28, 10 and 106.
  assert.deepEqual(await codesWith(21), [false, 21, COOKIE, NSID, EDE_OPTION])
  assert.deepEqual(await codesWith(22), [false, 22, COOKIE, NSID])
  assert.deepEqual(await codesWith(27), [false, 27, COOKIE, NSID])
  assert.deepEqual(await codesWith(28), [false, 28, COOKIE])
  assert.deepEqual(await codesWith(29), [true, 0, COOKIE, NSID])
})

test('a failure tells its cookie and who we are as well', async () => {
  const world = new ScriptedResponder({ edns: { nsid, ...cookies() } })
  world.answer('web', () => authored({ rcode: RCODE.SERVFAIL, errors: [{ code: EDE.NETWORK_ERROR, text: '' }] }))
  const query = asking(ednsOption(NSID), ednsOption(COOKIE, CLIENT_COOKIE))
  const reply = await ask(world, query)
  assert.deepEqual([rcodeOf(reply), codesOf(reply)], [RCODE.SERVFAIL, [COOKIE, NSID, EDE_OPTION]])
})
