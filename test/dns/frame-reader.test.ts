import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FrameReader, frame } from '../../lib/dns/frame-reader.ts'

const messages = fc.array(
  fc.uint8Array({ maxLength: 700 }).map((octets) => Buffer.from(octets)),
  { maxLength: 12 },
)

function drained(reader: FrameReader): Buffer[] {
  const found: Buffer[] = []
  for (let message = reader.next(); message !== undefined; message = reader.next()) found.push(message)
  return found
}

/** The stream cut at these places, each a fraction of its length. */
function pieces(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * stream.length)).sort((a, b) => a - b), stream.length]
  return places.slice(1).map((end, i) => stream.subarray(places[i], end))
}

test('a message is framed by its length', () => {
  assert.deepEqual(frame(Buffer.from('abc')), Buffer.from('\0\x03abc'))
  assert.deepEqual(frame(Buffer.alloc(0)), Buffer.from([0, 0]))
  assert.deepEqual(frame(Buffer.alloc(65_535)).subarray(0, 2), Buffer.from([0xff, 0xff]))
})

test('however a stream is split, the messages are the same, and read as soon as they are whole', () => {
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 })
  fc.assert(
    fc.property(messages, cuts, (sent, cuts) => {
      const reader = new FrameReader()
      const ends = sent.map((_, i) => Buffer.concat(sent.slice(0, i + 1).map(frame)).length)
      const found: Buffer[] = []
      let received = 0
      for (const piece of pieces(Buffer.concat(sent.map(frame)), cuts)) {
        reader.push(piece)
        received += piece.length
        found.push(...drained(reader))
        assert.equal(found.length, ends.filter((end) => end <= received).length)
      }
      assert.deepEqual(found, sent)
    }),
  )
})

test('octet by octet is the same as at once', () => {
  fc.assert(
    fc.property(messages, (sent) => {
      const reader = new FrameReader()
      const found: Buffer[] = []
      for (const octet of Buffer.concat(sent.map(frame))) {
        reader.push(Buffer.of(octet))
        found.push(...drained(reader))
      }
      assert.deepEqual(found, sent)
    }),
    { numRuns: 30 },
  )
})

test('messages stay what they were while more come in before they are taken', () => {
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 900 }), (sent, size) => {
      const stream = Buffer.concat(sent.map(frame))
      const reader = new FrameReader()
      const found: Buffer[] = []
      for (let at = 0; at < stream.length; at += size) {
        reader.push(Buffer.from(stream.subarray(at, at + size)))
        // One at most, so that others wait in the buffer.
        const message = reader.next()
        if (message !== undefined) found.push(message)
      }
      assert.deepEqual([...found, ...drained(reader)], sent)
    }),
  )
})

test('the largest message there is comes through', () => {
  const largest = Buffer.alloc(65_535, 7)
  const reader = new FrameReader()
  for (const piece of pieces(frame(largest), [0.1, 0.5, 0.50001, 0.99])) reader.push(piece)
  assert.deepEqual(drained(reader), [largest])
})
