import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLAG, RCODE, TYPE } from '../../lib/dns/constants.ts'
import { nsidOption } from '../../lib/dns/edns/nsid.ts'
import { readMessage } from '../../lib/dns/message.ts'
import { aboutUs } from '../../lib/policy/about-us.ts'
import { type Carrier, TCP, UDP } from '../../lib/server/carrier.ts'
import { ednsOption, headerOf, queryPacket, uint16s } from '../helpers/packets.ts'
import {
  ask,
  asking,
  CLIENT,
  CLIENT_COOKIE,
  codesOf,
  COOKIE,
  cookies,
  KEEPALIVE,
  NSID,
  optionsOf,
  PADDING,
  rcodeOf,
} from './asking-options.ts'
import { ScriptedResponder } from './scripted-responder.ts'

const KEPT: Carrier = { ...TCP, idleMs: 10_000 }
const ENCRYPTED: Carrier = { ...KEPT, isEncrypted: true }
const nsid = nsidOption('node-a')

const EVERYTHING = [NSID, KEEPALIVE, PADDING].map((code) => ednsOption(code))

test('who we are is told whoever asks for it, if there is something to tell (EDNS-15)', async () => {
  const told = await ask(new ScriptedResponder({ edns: { nsid } }), asking(ednsOption(NSID)))
  assert.equal(optionsOf(told).get(NSID)?.toString(), 'node-a')
  // What a client has in it is to be ignored (RFC 5001 §2.1).
  const odd = await ask(new ScriptedResponder({ edns: { nsid } }), asking(ednsOption(NSID, Buffer.from('me'))))
  assert.equal(optionsOf(odd).get(NSID)?.toString(), 'node-a')
  assert.deepEqual(codesOf(await ask(new ScriptedResponder(), asking(ednsOption(NSID)))), [])
})

test('an answer that is known has no option of the client that it was made for (CACHE-11)', async () => {
  const world = new ScriptedResponder({ edns: { nsid, ...cookies() } })
  await ask(world, asking(...EVERYTHING, ednsOption(COOKIE, CLIENT_COOKIE)), ENCRYPTED)
  const plain = await ask(world, queryPacket('web'))
  const withOpt = await ask(world, queryPacket('web', { edns: {} }))
  assert.deepEqual(headerOf(plain).counts, [1, 1, 0, 0])
  assert.deepEqual([headerOf(withOpt).counts, codesOf(withOpt)], [[1, 1, 0, 1], []])
  assert.deepEqual(codesOf(await ask(world, asking(ednsOption(NSID)))), [NSID])
  assert.deepEqual(codesOf(await ask(world, asking(ednsOption(100, Buffer.alloc(8))))), [])
  const other = queryPacket('web', { edns: { version: 1, options: ednsOption(NSID) } })
  assert.deepEqual([rcodeOf(await ask(world, other)), codesOf(await ask(world, other))], [RCODE.BADVERS, []])
  assert.equal(world.asked.length, 1)
})

test('500 options of each kind get one of each (EDNS-14)', async () => {
  const world = new ScriptedResponder({ edns: { nsid, ...cookies() } })
  const one = [ednsOption(COOKIE, CLIENT_COOKIE), ...EVERYTHING]
  const many = Array.from({ length: 500 }, () => one).flat()
  assert.deepEqual(codesOf(await ask(world, asking(...many), ENCRYPTED)), [COOKIE, KEEPALIVE, NSID, PADDING])
  const sorted = one.flatMap((option) => Array.from({ length: 500 }, () => option))
  assert.equal(rcodeOf(await ask(world, asking(...sorted), ENCRYPTED)), RCODE.NOERROR)
})

test('an idle time is told over TCP, to whoever asks for it (EDNS-23)', async () => {
  const world = new ScriptedResponder()
  const told = async (carrier: Carrier, ...options: readonly Buffer[]) =>
    optionsOf(await ask(world, asking(...options), carrier)).get(KEEPALIVE)
  assert.deepEqual(await told(KEPT, ednsOption(KEEPALIVE)), uint16s(100))
  assert.deepEqual(await told({ ...KEPT, idleMs: 2500 }, ednsOption(KEEPALIVE)), uint16s(25))
  assert.deepEqual(await told({ ...KEPT, idleMs: 0 }, ednsOption(KEEPALIVE)), uint16s(0))
  assert.equal(await told(KEPT), undefined)
  assert.equal(await told(UDP, ednsOption(KEEPALIVE)), undefined)
  assert.equal(await told(TCP, ednsOption(KEEPALIVE)), undefined)
})

test('a client that says itself how long is FORMERR over TCP, and not heard over UDP', async () => {
  const query = asking(ednsOption(KEEPALIVE, uint16s(300)))
  const world = new ScriptedResponder()
  assert.equal(rcodeOf(await ask(world, query, KEPT)), RCODE.FORMERR)
  assert.equal(rcodeOf(await ask(world, query, UDP)), RCODE.NOERROR)
})

test('padding is for those who pad, where nobody can read it (EDNS-21)', async () => {
  const world = new ScriptedResponder({ edns: { nsid }, allows: (client) => client === CLIENT })
  const query = asking(ednsOption(PADDING, Buffer.alloc(40)), ednsOption(NSID))
  const padded = await ask(world, query, ENCRYPTED)
  assert.deepEqual([padded.length, codesOf(padded)], [468, [NSID, PADDING]])
  assert.ok(
    optionsOf(padded)
      .get(PADDING)
      ?.every((octet) => octet === 0),
  )
  for (const carrier of [UDP, KEPT]) assert.deepEqual(codesOf(await ask(world, query, carrier)), [NSID])
  assert.deepEqual(codesOf(await ask(world, asking(ednsOption(NSID)), ENCRYPTED)), [NSID])
  world.answer('web', () => undefined)
  world.responder.exchange(world.service())
  const failed = await ask(world, query, ENCRYPTED)
  assert.deepEqual([failed.length, rcodeOf(failed)], [468, RCODE.SERVFAIL])
})

test("names about ourselves are nobody else's business, unless the operator says so (Q-01)", async () => {
  const about = (text: string, options = {}) => queryPacket(text, { type: TYPE.TXT, class: 3, ...options })
  const hidden = new ScriptedResponder({ aboutUs: aboutUs({}) })
  const open = new ScriptedResponder({
    edns: { nsid },
    aboutUs: aboutUs({ version: 'one', id: 'node-a' }),
    allows: (client) => client === CLIENT,
  })
  const names = ['version.bind', 'version.server', 'hostname.bind', 'id.server']
  const told: string[] = []
  for (const name of names) {
    for (const world of [hidden, new ScriptedResponder()])
      assert.equal(rcodeOf(await ask(world, about(name))), RCODE.REFUSED)
    const reply = await ask(open, about(name.toUpperCase()))
    const { records, flags } = readMessage(reply)
    assert.deepEqual([flags & FLAG.AA, records.length], [FLAG.AA, 1])
    const [record] = records
    assert.deepEqual([record?.type, record?.class, record?.ttlSeconds], [TYPE.TXT, 3, 0])
    assert.deepEqual(reply.subarray(12, record?.start), about(name.toUpperCase()).subarray(12))
    told.push(reply.toString('latin1', (record?.rdataAt ?? 0) + 1, record?.end))
  }
  assert.deepEqual(told, ['one', 'one', 'node-a', 'node-a'])
  const others = [about('authors.bind'), about('version.bind', { type: TYPE.A }), about('version.bind', { class: 4 })]
  for (const query of others) assert.equal(rcodeOf(await ask(open, query)), RCODE.REFUSED)
  assert.deepEqual(codesOf(await ask(open, about('id.server', { edns: { options: ednsOption(NSID) } }))), [NSID])
  const stranger = open.responder.respond(about('version.bind'), '192.0.2.1', UDP)
  assert.ok(Buffer.isBuffer(stranger) && headerOf(stranger).counts[1] === 0)
  assert.deepEqual([open.asked, hidden.asked], [[], []])
})
