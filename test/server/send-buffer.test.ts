import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { framed } from '../../lib/dns/framed.ts'
import { SendBuffer } from '../../lib/server/send-buffer.ts'

const messages = fc.array(fc.record({ octets: fc.uint8Array({ maxLength: 3000 }), inRoom: fc.boolean() }), {
  maxLength: 12,
})

test('messages that were written where there was room, and those that were not, are the same frames', () => {
  fc.assert(
    fc.property(messages, (all) => {
      const sending = new SendBuffer()
      for (const { octets, inRoom } of all) {
        const room = inRoom ? sending.room(octets.length) : undefined
        room?.set(octets)
        assert.ok(sending.put(room ?? Buffer.from(octets)))
      }
      assert.deepEqual(sending.take(), framed(all.map(({ octets }) => Buffer.from(octets))))
      assert.equal(sending.take().length, 0)
    }),
  )
})

test('room that was left unused is given again', () => {
  const sending = new SendBuffer()
  sending.room(5)?.write('wrong')
  assert.ok(sending.put(Buffer.from('right')))
  assert.deepEqual(sending.take(), framed([Buffer.from('right')]))
})

test('the largest message fits into an empty one, and none behind it', () => {
  const sending = new SendBuffer()
  assert.equal(sending.room(65_536), undefined)
  assert.ok(sending.put(Buffer.alloc(65_535)))
  assert.ok(sending.isFull)
  assert.equal(sending.room(0), undefined)
  assert.ok(!sending.put(Buffer.alloc(0)))
  assert.equal(sending.take().length, 65_537)
  assert.ok(sending.put(Buffer.alloc(0)))
})

test('what was given away is not written to again', () => {
  const sending = new SendBuffer()
  sending.put(Buffer.from('first'))
  const frames = sending.take()
  sending.giveAway()
  sending.put(Buffer.from('other'))
  assert.deepEqual(frames, framed([Buffer.from('first')]))
})
