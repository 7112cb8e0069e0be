import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FLAG, RCODE } from '../../lib/dns/constants.ts'
import { nsidOption } from '../../lib/dns/edns/nsid.ts'
import { EDE } from '../../lib/dns/extended-error.ts'
import { parseName } from '../../lib/dns/name.ts'
import { type Carrier, TCP, UDP } from '../../lib/server/carrier.ts'
import { ednsOption, headerOf, queryPacket } from '../helpers/packets.ts'
import { ask, codesOf, COOKIE, cookies, EDE_OPTION, KEEPALIVE, NSID, PADDING, rcodeOf } from './asking-options.ts'
import { addressesOf, ScriptedResponder } from './scripted-responder.ts'

const CARRIERS: readonly Carrier[] = [UDP, TCP, { ...TCP, idleMs: 4000 }, { ...TCP, idleMs: 4000, isEncrypted: true }]
const OPTION = fc.record({
  code: fc.constantFrom(NSID, COOKIE, KEEPALIVE, PADDING, EDE_OPTION, 8, 100),
  octets: fc.constantFrom(0, 0, 2, 8, 8, 24, 40, 41, 300),
})

const QUERY = fc.record({
  options: fc.array(OPTION, { maxLength: 40 }),
  payloadOctets: fc.constantFrom(0, 512, 700, 1232, 65_535),
  addresses: fc.constantFrom(1, 20, 28, 29, 40, 73, 76, 77, 100, 4000, 5000),
  carrier: fc.constantFrom(...CARRIERS),
  areRequired: fc.boolean(),
})

type Given = typeof QUERY extends fc.Arbitrary<infer T> ? T : never

async function replyTo({ options, payloadOctets, addresses, carrier, areRequired }: Given) {
  const world = new ScriptedResponder({ edns: { nsid: nsidOption('n'.repeat(255)), ...cookies(areRequired) } })
  const list = Array.from({ length: addresses }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
  const errors = [{ code: EDE.STALE, text: 'x'.repeat(100) }]
  world.answer('web', () => ({ ...addressesOf({ name: parseName('web') }, list), errors }))
  const wire = options.map(({ code, octets }) => ednsOption(code, Buffer.alloc(octets, code)))
  const query = queryPacket('web', { edns: { payloadOctets, options: Buffer.concat(wire) } })
  return ask(world, query, carrier)
}

test('whatever a client asks for: a reply that it can read, within its limit, with one of each at most', async () => {
  await fc.assert(
    fc.asyncProperty(QUERY, async (given) => {
      const reply = await replyTo(given)
      const { overUdp, isEncrypted, idleMs } = given.carrier
      const limit = overUdp ? Math.min(1232, Math.max(512, given.payloadOctets)) : 65_535
      assert.ok(reply.length <= limit, `${reply.length} octets`)
      assert.ok(overUdp || (headerOf(reply).flags & FLAG.TC) === 0)
      // Reads the reply from end to end.
      const codes = codesOf(reply)
      const asked = new Set<number>(given.options.slice(0, 32).map(({ code }) => code))
      for (const code of codes) assert.ok(code === EDE_OPTION || asked.has(code), `option ${code} was not asked for`)
      assert.ok(!codes.includes(KEEPALIVE) || idleMs !== undefined)
      assert.ok(!codes.includes(PADDING) || isEncrypted)
      if (rcodeOf(reply) === RCODE.FORMERR) return assert.deepEqual(codes, [])
      assert.equal(codes.includes(COOKIE), asked.has(COOKIE))
      if (isEncrypted && asked.has(PADDING)) assert.ok(reply.length % 468 === 0 || reply.length === limit)
    }),
    { numRuns: 1000 },
  )
})
