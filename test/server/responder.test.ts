import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import * as fc from 'fast-check'
import { authored } from '../../lib/dns/answer.ts'
import { FLAG, RCODE, TYPE } from '../../lib/dns/constants.ts'
import { EDE } from '../../lib/dns/extended-error.ts'
import { extendedErrorsOf, readMessage } from '../../lib/dns/message.ts'
import { formatName, parseName } from '../../lib/dns/name.ts'
import { headerOf, mutated, queryPacket, randomOctets, seededRandom, spelled } from '../helpers/packets.ts'
import { addressesOf, ScriptedResponder } from './scripted-responder.ts'
import { TCP, UDP } from '../../lib/server/carrier.ts'

const CLIENT = '127.0.0.1'
const WEB = { name: parseName('web') }
const hosts = (count: number): string[] => Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 0xff}`)

const respond = (world: ScriptedResponder, query: Buffer, carrier = UDP) =>
  world.responder.respond(query, CLIENT, carrier)

/** The reply, waited for. */
async function ask(world: ScriptedResponder, query: Buffer, carrier = UDP): Promise<Buffer> {
  const reply = await respond(world, query, carrier)
  assert.ok(reply !== undefined, 'no reply')
  return reply
}

const rcodeOf = (reply: Buffer): number => headerOf(reply).rcode
const errorsOf = (reply: Buffer): number[] => extendedErrorsOf(readMessage(reply)).map(({ code }) => code)
const addressesIn = (reply: Buffer): string[] =>
  (packet.decode(reply).answers ?? []).flatMap((record) => (record.type === 'A' ? [record.data] : []))

test('what was answered before is answered at once, in the same octets but for the id', async () => {
  const world = new ScriptedResponder()
  const first = respond(world, queryPacket('web', { id: 1 }))
  assert.ok(first instanceof Promise)
  const again = respond(world, queryPacket('web', { id: 2 }))
  assert.ok(again instanceof Promise)
  await again
  const hit = respond(world, queryPacket('web', { id: 3 }))
  assert.ok(Buffer.isBuffer(hit))
  assert.deepEqual([hit.readUInt16BE(0), hit.subarray(2)], [3, (await first)?.subarray(2)])
  assert.equal(world.asked.length, 2)
})

test('the spelling, the id and RD of a query do not matter for that; all are echoed', async () => {
  const world = new ScriptedResponder()
  await ask(world, queryPacket('web'))
  const reply = respond(world, queryPacket('wEB', { id: 9, flags: 0 }))
  assert.ok(Buffer.isBuffer(reply))
  assert.deepEqual(reply.subarray(12, 17), spelled('wEB'))
  assert.deepEqual([headerOf(reply).id, headerOf(reply).flags], [9, FLAG.QR | FLAG.RA])
})

test('another type, name, DO or CD is another question', async () => {
  const world = new ScriptedResponder()
  const others = [{ type: TYPE.AAAA }, { edns: { flags: 0x8000 } }, { flags: FLAG.RD | FLAG.CD }]
  await ask(world, queryPacket('web'))
  for (const parts of others) assert.ok(respond(world, queryPacket('web', parts)) instanceof Promise)
  assert.ok(respond(world, queryPacket('shop')) instanceof Promise)
})

test('an answer is void once anything that it follows from has changed', async () => {
  const world = new ScriptedResponder()
  let address = '10.0.0.1'
  world.answer('web', () => ({ ...addressesOf(WEB, [address]), evidence: [world.generations.evidence([3, 700])] }))
  assert.deepEqual(addressesIn(await ask(world, queryPacket('web'))), ['10.0.0.1'])
  world.generations.bump(701)
  assert.ok(Buffer.isBuffer(respond(world, queryPacket('web'))))
  address = '10.0.0.2'
  world.generations.bump(700)
  assert.deepEqual(addressesIn(await ask(world, queryPacket('web'))), ['10.0.0.2'])
  assert.ok(Buffer.isBuffer(respond(world, queryPacket('web'))))
})

test('an answer whose evidence changed while it was put together is sent once and not kept', async () => {
  const world = new ScriptedResponder()
  world.answer('web', () => {
    const evidence = [world.generations.evidence([3])]
    world.generations.bump(3)
    return { ...addressesOf(WEB, ['10.0.0.1']), evidence }
  })
  for (const id of [1, 2]) {
    const reply = respond(world, queryPacket('web', { id }))
    assert.ok(reply instanceof Promise)
    assert.deepEqual(addressesIn(await reply), ['10.0.0.1'])
  }
  assert.equal(world.responder.images.size, 0)
})

test('an answer that runs down is used until then and not after', async () => {
  const world = new ScriptedResponder()
  world.answer('web', () => ({ ...addressesOf(WEB, ['10.0.0.1']), expiresAtMs: world.clock.now() + 30_000 }))
  await ask(world, queryPacket('web'))
  world.clock.advance(29_999)
  assert.ok(Buffer.isBuffer(respond(world, queryPacket('web'))))
  world.clock.advance(1)
  assert.ok(respond(world, queryPacket('web')) instanceof Promise)
})

test('what nobody may keep is resolved each time', async () => {
  const world = new ScriptedResponder()
  world.answer('web', () => authored({ rcode: RCODE.SERVFAIL }))
  for (let i = 0; i < 3; i++) assert.equal(rcodeOf(await ask(world, queryPacket('web'))), RCODE.SERVFAIL)
  assert.equal(world.asked.length, 3)
})

test('several under way: each gets its own answer, whatever the order in which they end', async () => {
  const world = new ScriptedResponder()
  const queries = [
    queryPacket('slow.shop', { id: 1, edns: { flags: 0x8000 } }),
    queryPacket('WEB', { id: 2, flags: 0 }),
    queryPacket('a-rather-long.name.example', { id: 3, edns: {} }),
  ]
  const releases = ['slow.shop', 'web', 'a-rather-long.name.example'].map((name) => world.hold(name))
  const replies = queries.map((query) => ask(world, query))
  for (const release of releases.toReversed()) {
    release()
    await world.clock.pass(0)
  }
  for (const [i, query] of queries.entries()) {
    const reply = (await replies[i]) as Buffer
    const questionEnd = readMessage(query).question.end
    assert.equal(headerOf(reply).id, i + 1)
    assert.deepEqual(reply.subarray(12, questionEnd), query.subarray(12, questionEnd))
    assert.equal(readMessage(reply).opt === undefined, readMessage(query).opt === undefined)
    assert.deepEqual(addressesIn(reply), ['10.0.0.1'])
  }
})

test('the chain is told the question as it was spelled, the flags and the deadline', async () => {
  const world = new ScriptedResponder({ deadlineMs: 1800 })
  const flags = FLAG.RD | FLAG.CD
  await ask(world, queryPacket('Web.Shop', { type: TYPE.SRV, flags, edns: { flags: 0x8000 } }))
  await ask(world, queryPacket('web', { flags: 0 }))
  const [first, second] = world.asked
  assert.deepEqual(
    [formatName(first!.name), first!.type, first!.spelling],
    ['web.shop.', TYPE.SRV, spelled('Web.Shop')],
  )
  assert.deepEqual([first!.recursionDesired, first!.checkingDisabled, first!.dnssecOk], [true, true, true])
  assert.deepEqual([second!.recursionDesired, second!.checkingDisabled, second!.dnssecOk], [false, false, false])
  assert.equal(first!.deadlineMs, world.clock.now() + 1800)
})

test('a fault of ours is SERVFAIL for the one who asked, counted and told, and nothing is left under way', async () => {
  const world = new ScriptedResponder()
  const fault = new Error('a fault')
  world.answer('web', () => {
    throw fault
  })
  const reply = await ask(world, queryPacket('web', { id: 5 }))
  assert.deepEqual([headerOf(reply).id, rcodeOf(reply)], [5, RCODE.SERVFAIL])
  assert.deepEqual([world.faults, world.responder.counters.faults, world.responder.inFlight], [[fault], 1, 0])
})

test('an answer that cannot be written is SERVFAIL and a fault', async () => {
  const world = new ScriptedResponder()
  const record = { owner: WEB.name, type: TYPE.A, class: 1, ttlSeconds: -1, rdata: [] }
  world.answer('web', () => authored({ rcode: RCODE.NOERROR, answer: [record] }))
  assert.equal(rcodeOf(await ask(world, queryPacket('web'))), RCODE.SERVFAIL)
  assert.equal(world.faults.length, 1)
})

test('what nobody answers is SERVFAIL', async () => {
  const world = new ScriptedResponder()
  world.answer('web', () => undefined)
  assert.equal(rcodeOf(await ask(world, queryPacket('web'))), RCODE.SERVFAIL)
  assert.equal(world.faults.length, 0)
})

test('who may not ask is refused on every transport, with the reason if there is EDNS, even if the answer is known', async () => {
  const world = new ScriptedResponder({ allows: (client) => client === CLIENT })
  await ask(world, queryPacket('web'))
  for (const carrier of [UDP, TCP]) {
    const refuse = (query: Buffer) => world.responder.respond(query, '192.0.2.1', carrier)
    const plain = refuse(queryPacket('web'))
    const told = refuse(queryPacket('web', { edns: {} }))
    assert.ok(Buffer.isBuffer(plain) && Buffer.isBuffer(told))
    assert.deepEqual([rcodeOf(plain), headerOf(plain).counts], [RCODE.REFUSED, [1, 0, 0, 0]])
    assert.deepEqual([rcodeOf(told), errorsOf(told)], [RCODE.REFUSED, [EDE.PROHIBITED]])
  }
  assert.equal(world.asked.length, 1)
})

test('a new service answers from the next query on; what is under way ends with the old one', async () => {
  const world = new ScriptedResponder()
  await ask(world, queryPacket('known'))
  const release = world.hold('slow')
  const held = ask(world, queryPacket('slow'))
  const old = world.responder.images
  world.responder.exchange(world.service())
  assert.ok(respond(world, queryPacket('known')) instanceof Promise)
  release()
  assert.equal(rcodeOf(await held), RCODE.NOERROR)
  assert.equal(old.size, 2)
  await world.clock.pass(0)
  assert.equal(world.responder.images.size, 1)
})

test('addresses take turns from one query to the next', async () => {
  const world = new ScriptedResponder()
  world.answer('web', () => addressesOf(WEB, hosts(3)))
  const firsts = new Set<string | undefined>()
  for (let i = 0; i < 3; i++) firsts.add(addressesIn(await ask(world, queryPacket('web')))[0])
  assert.deepEqual(firsts, new Set(hosts(3)))
})

test('what is too large for UDP is truncated there, and whole over TCP from the same image', async () => {
  const world = new ScriptedResponder()
  world.answer('web', () => addressesOf(WEB, hosts(100)))
  assert.equal(headerOf(await ask(world, queryPacket('web'))).flags & FLAG.TC, FLAG.TC)
  const whole = respond(world, queryPacket('web'), TCP)
  assert.ok(Buffer.isBuffer(whole))
  assert.deepEqual([headerOf(whole).flags & FLAG.TC, addressesIn(whole).length], [0, 100])
})

test('whatever comes in, the reply is to that packet, or there is none', () => {
  const world = new ScriptedResponder()
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(UDP, TCP), (seed, carrier) => {
      const random = seededRandom(seed)
      const query = queryPacket('web.shop', { id: random(65_536), ...(random(2) === 0 && { edns: {} }) })
      const octets = random(5) === 0 ? randomOctets(random, random(100)) : mutated(query, random)
      const reply = respond(world, octets, carrier)
      if (!Buffer.isBuffer(reply)) return
      assert.deepEqual(reply.subarray(0, 2), octets.subarray(0, 2))
      assert.equal(headerOf(reply).flags & FLAG.QR, FLAG.QR)
      assert.ok(reply.length <= 1232)
    }),
    { numRuns: 3000 },
  )
})

test('of more records than a message holds, all have their turn (TC-07)', async () => {
  const world = new ScriptedResponder()
  world.answer('web', () => addressesOf(WEB, hosts(5000)))
  const seen = new Set<string>()
  for (let asked = 0; asked < 20 && seen.size < 5000; asked++) {
    const reply = await ask(world, queryPacket('web'), TCP)
    assert.equal(headerOf(reply).flags & FLAG.TC, 0)
    assert.ok(reply.length <= 65_535 && addressesIn(reply).length > 4000)
    for (const address of addressesIn(reply)) seen.add(address)
    world.clock.advance(1900 + 7 * asked)
  }
  assert.equal(seen.size, 5000)
  assert.ok(world.responder.counters.recordsDropped > 0)
})
