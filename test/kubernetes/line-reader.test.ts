import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { LineReader } from '../../lib/kubernetes/line-reader.ts'
import { cuts, octets, pieces } from './arbitrary-pieces.ts'

const MAX_OCTETS = 20
const line = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll('\n', ' '))
const lines = fc.array(line, { maxLength: 12 })

function read(chunks: readonly Buffer[], maxOctets = MAX_OCTETS) {
  const reader = new LineReader(maxOctets)
  const found = chunks.flatMap((chunk) => [...reader.push(chunk)].map(String))
  return { found, skipped: reader.skipped }
}

const textOf = (sent: readonly string[], rest = '') => Buffer.from(sent.map((line) => `${line}\n`).join('') + rest)

test('however a stream is split, the lines are the same; those that are too long are left out and counted', () => {
  fc.assert(
    fc.property(lines, line, cuts, (sent, rest, cuts) => {
      const stream = textOf(sent, rest)
      const fits = (one: string) => Buffer.byteLength(one) <= MAX_OCTETS
      const expected = {
        found: sent.filter((one) => one !== '' && fits(one)),
        skipped: sent.filter((one) => !fits(one)).length,
      }
      assert.deepEqual(read(pieces(stream, cuts)), expected)
      assert.deepEqual(read(octets(stream)), expected)
    }),
  )
})

test('a line is there as soon as its newline is', () => {
  fc.assert(
    fc.property(lines, (sent) => {
      const reader = new LineReader(1000)
      for (const one of sent.filter((line) => line !== '')) {
        assert.deepEqual([...reader.push(Buffer.from(one))], [])
        assert.deepEqual([...reader.push(Buffer.from('\n'))].map(String), [one])
      }
    }),
  )
})

test('of a line that is too long nothing is kept, however long it is', () => {
  const reader = new LineReader(1000)
  const chunk = Buffer.alloc(1024 * 1024, 'x')
  const before = process.memoryUsage().arrayBuffers
  for (let count = 0; count < 300; count++) assert.deepEqual([...reader.push(Buffer.from(chunk))], [])
  assert.ok(process.memoryUsage().arrayBuffers - before < 200 * chunk.length)
  assert.deepEqual([...reader.push(Buffer.from('\nnext\n'))].map(String), ['next'])
  assert.equal(reader.skipped, 1)
})

test('as many octets as are allowed are a line, and one more is none', () => {
  assert.deepEqual(read([Buffer.from('1234\n12345\n123')], 4), { found: ['1234'], skipped: 1 })
})
