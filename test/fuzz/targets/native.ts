import assert from 'node:assert/strict'
import ffi from 'node:ffi'
import { isIP } from 'node:net'
import { isUnavailable, openLibrary } from '../../../lib/native/library.ts'
import { MessageBatch } from '../../../lib/native/message-batch.ts'
import { ADDRESS_OCTETS, portOf, SocketAddresses } from '../../../lib/native/socket-address.ts'
import { uint16s } from '../../helpers/packets.ts'
import { Draw } from '../checks/draw.ts'
import type { Target } from '../engine/target.ts'

const library = await openLibrary()
if (isUnavailable(library)) throw new Error(library.reason)
const addresses = new SocketAddresses(library)

const SLOT = 64
const CAPACITY = 4
const HEADER_OCTETS = 64
// Interfaces are numbered from 1.
const MAX_SCOPE = 999_999_999
// What the kernel writes into the header of a message: the length of the name, flags, and its own length.
const WRITTEN = [8, 48, 56]

/** What the kernel leaves in memory that it was given: addresses of senders, lengths and flags. */
export const target: Target = {
  about: ['lib/native/{socket-address,message-batch}.ts'],
  maxOctets: 300,
  longOctets: 65_535,
  steps: { base: 300, perOctet: 4 },
  run(octets) {
    const draw = new Draw(octets)
    if (draw.flag()) assertBatch(draw)
    else assertAddress(draw.rest())
  },
  seeds: [
    Buffer.concat([Buffer.of(0, 2, 0), uint16s(53), Buffer.of(10, 0, 0, 1), Buffer.alloc(8)]),
    Buffer.concat([Buffer.of(0, 10, 0), uint16s(53), Buffer.alloc(20, 1), Buffer.of(1, 0, 0, 0)]),
    Buffer.concat([Buffer.of(0, 10, 0), uint16s(53, 0, 0), Buffer.alloc(8), uint16s(0, 0xffff, 0x0a00, 1, 0, 0)]),
    Buffer.of(1, 28, 0, 64, 16, 32, 255, 0, 0),
  ],
}

// A `sockaddr` of ours is text that means the same; any other is none.
function assertAddress(octets: Buffer): void {
  const before = Buffer.from(octets)
  const text = addresses.format(octets)
  assert.ok(octets.equals(before))
  const family = octets.length < 2 ? 0 : octets.readUInt16LE(0)
  const needed = { 2: 16, 10: 28 }[family] ?? Number.POSITIVE_INFINITY
  assert.equal(text !== undefined, octets.length >= needed)
  if (text === undefined) return
  assert.equal(isIP(text), family === 2 ? 4 : 6)
  if (family === 10 && octets.readUInt32LE(24) > MAX_SCOPE) return
  const again = addresses.parse(text, portOf(octets)).memory.bytes
  // Neither what pads nor the flow is part of the text.
  const part = family === 2 ? [2, 8] : [8, 24]
  assert.ok(again.subarray(...part).equals(octets.subarray(...part)), text)
  assert.equal(portOf(again), portOf(octets))
  if (family === 10) assert.equal(again.readUInt32LE(24), octets.readUInt32LE(24), text)
}

const batch = new MessageBatch(library, CAPACITY, SLOT)

function assertBatch(draw: Draw): void {
  batch.expect(CAPACITY)
  const header = ffi.toBuffer(batch.pointerFrom(0), CAPACITY * HEADER_OCTETS, false)
  for (let i = 0; i < CAPACITY; i++) {
    for (const at of WRITTEN) header.writeUInt32LE(draw.uint32(), i * HEADER_OCTETS + at)
    const [nameOctets, flags, octets] = WRITTEN.map((at) => header.readUInt32LE(i * HEADER_OCTETS + at))
    assert.equal(batch.received(i).length, Math.min(octets ?? 0, SLOT))
    assert.equal(batch.sender(i).length, Math.min(nameOctets ?? 0, ADDRESS_OCTETS))
    assert.equal(batch.isTruncated(i), ((flags ?? 0) & 0x20) !== 0)
  }
  batch.expect(CAPACITY)
  for (let i = 0; i < CAPACITY; i++)
    assert.deepEqual([batch.received(i).length, batch.sender(i).length], [0, ADDRESS_OCTETS])
}
