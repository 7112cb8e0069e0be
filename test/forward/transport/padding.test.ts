import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import { padded } from '../../../lib/forward/transport/padding.ts'
import { ednsOption, queryPacket } from '../../helpers/packets.ts'

const PADDING = 12

const named = (octets: number, options?: Buffer): Buffer =>
  queryPacket(`${'a'.repeat(octets)}.example`, { id: 7, edns: options === undefined ? {} : { options } })

test('queries of all lengths become a multiple of 128 octets, and say the same', () => {
  for (let octets = 1; octets <= 63; octets++) {
    for (const more of ['', `.${'b'.repeat(60)}`]) {
      const query = queryPacket(`${'a'.repeat(octets)}${more}.example`, { id: 7, edns: { flags: 0x8000 } })
      const bytes = padded(query)
      assert.equal(bytes.length % 128, 0)
      assert.ok(bytes.length - query.length < 128 + 4)
      const { additionals: [opt] = [], ...rest } = packet.decode(bytes)
      const { additionals: [before] = [], ...same } = packet.decode(query)
      assert.deepEqual(rest, same)
      assert.ok(opt?.type === 'OPT' && before?.type === 'OPT')
      assert.deepEqual({ ...opt, options: [] }, before)
      const zeros = Buffer.alloc(bytes.length - query.length - 4)
      assert.deepEqual(opt.options, [{ code: PADDING, type: 'PADDING', data: zeros }])
    }
  }
})

test('the query itself stays as it was', () => {
  const query = named(5)
  const before = Buffer.from(query)
  padded(query)
  assert.deepEqual(query, before)
})

test('a query without OPT, or whose OPT has options already, is not padded', () => {
  for (const query of [queryPacket('a.example'), named(5, ednsOption(3)), queryPacket('.', { type: 41 })]) {
    assert.equal(padded(query), query)
  }
})
