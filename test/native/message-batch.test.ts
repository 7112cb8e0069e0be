import assert from 'node:assert/strict'
import ffi from 'node:ffi'
import { test } from 'node:test'
import fc from 'fast-check'
import { MessageBatch } from '../../lib/native/message-batch.ts'
import { library } from './library-under-test.ts'

// How the kernel reads `struct mmsghdr` on 64 bits: by address, with the offsets of <sys/socket.h>.
function readAsKernel(batch: MessageBatch, i: number) {
  const header = batch.pointerFrom(0) + BigInt(64 * i)
  const vectors = ffi.getUint64(header, 16)
  return {
    name: ffi.toBuffer(ffi.getUint64(header, 0), ffi.getUint32(header, 8)),
    vectorCount: ffi.getUint64(header, 24),
    control: ffi.getUint64(header, 32),
    controlOctets: ffi.getUint64(header, 40),
    payloadAt: ffi.getUint64(vectors, 0),
    payloadOctets: ffi.getUint64(vectors, 8),
  }
}

const CAPACITY = 5
const SLOT = 100

test('what is put is what the kernel reads, message by message, in any order and more than once', () => {
  const message = fc.record({
    at: fc.nat(CAPACITY - 1),
    packet: fc.uint8Array({ maxLength: SLOT }),
    receiver: fc.uint8Array({ maxLength: 28 }),
  })
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
      const batch = new MessageBatch(library, CAPACITY, SLOT)
      const last = new Map<number, { packet: Uint8Array; receiver: Uint8Array }>()
      for (const { at, packet, receiver } of messages) {
        batch.put(at, Buffer.from(packet), Buffer.from(receiver))
        last.set(at, { packet, receiver })
      }
      for (const [at, { packet, receiver }] of last) {
        const read = readAsKernel(batch, at)
        assert.deepEqual(read.name, Buffer.from(receiver))
        assert.deepEqual([read.vectorCount, read.control, read.controlOctets], [1n, 0n, 0n])
        assert.deepEqual(ffi.toBuffer(read.payloadAt, Number(read.payloadOctets)), Buffer.from(packet))
      }
    }),
  )
})

test('each message has its own room to be received into, all of it inside', () => {
  const batch = new MessageBatch(library, CAPACITY, SLOT)
  const starts: bigint[] = []
  for (let i = 0; i < CAPACITY; i++) {
    const { name, payloadAt, payloadOctets } = readAsKernel(batch, i)
    assert.deepEqual([name.length, payloadOctets], [28, BigInt(SLOT)])
    starts.push(payloadAt)
  }
  assert.deepEqual(
    starts,
    starts.map((_, i) => (starts[0] ?? 0n) + BigInt(i * SLOT)),
  )
})

test('whatever lengths the kernel would report, no octet outside of the room is read', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), (length, nameLength) => {
      const batch = new MessageBatch(library, CAPACITY, SLOT)
      const header = batch.pointerFrom(CAPACITY - 1)
      ffi.setUint32(header, 56, length)
      ffi.setUint32(header, 8, nameLength)
      assert.equal(batch.received(CAPACITY - 1).length, Math.min(length, SLOT))
      assert.equal(batch.sender(CAPACITY - 1).length, Math.min(nameLength, 28))
    }),
  )
})

test('a message outside of the batch, or one too long, is refused', () => {
  const batch = new MessageBatch(library, CAPACITY, SLOT)
  const short = Buffer.alloc(1)
  const outside = fc.oneof(fc.integer({ max: -1 }), fc.integer({ min: CAPACITY }), fc.double({ noInteger: true }))
  fc.assert(
    fc.property(outside, (i) => {
      for (const use of [
        () => batch.put(i, short, short),
        () => batch.received(i),
        () => batch.sender(i),
        () => batch.isTruncated(i),
      ]) {
        assert.throws(use, RangeError)
      }
    }),
  )
  for (const length of [SLOT + 1, 65_535, 65_536]) {
    assert.throws(() => batch.put(0, Buffer.alloc(length), short), RangeError)
  }
  assert.throws(() => batch.put(0, short, Buffer.alloc(29)), RangeError)
  assert.throws(() => batch.expect(CAPACITY + 1), RangeError)
  for (const [capacity, slot] of [
    [0, SLOT],
    [-1, SLOT],
    [1025, SLOT],
    [1.5, SLOT],
    [CAPACITY, 0],
    [CAPACITY, 65_536],
    [CAPACITY, Number.NaN],
  ] as const) {
    assert.throws(() => new MessageBatch(library, capacity, slot), RangeError)
  }
})
