import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ListReader } from '../../lib/kubernetes/list-reader.ts'
import { cuts, octets, pieces } from './arbitrary-pieces.ts'

const MIB = 1024 * 1024

// Names and texts that look like the parts of a list.
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('items', '"items":[', '[', ']', '{', '}', '\\', '\\"', ',', 'ü語😀', '\u2028', ''),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.constantFrom(null, true),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(text, fc.constant('items')), tie('value'), { maxKeys: 3 }),
  ),
}))
const item = fc.dictionary(fc.oneof(text, fc.constant('items')), value, { maxKeys: 4 })
// `items` on the outside means the items; elsewhere it means nothing. JSON has no __proto__ as a key of its own.
const around = fc.dictionary(
  text.filter((key) => key !== 'items' && key !== '__proto__' && !key.includes('"')),
  value,
  { maxKeys: 3 },
)
const metadata = fc.dictionary(fc.constantFrom('items', 'resourceVersion', 'continue'), value, { maxKeys: 3 })
const list = fc
  .tuple(around, metadata, fc.array(item, { maxLength: 6 }), around, fc.constantFrom(undefined, 1, 3))
  .map(([before, metadata, items, after, indent]) =>
    JSON.stringify({ ...before, metadata, items, ...after }, null, indent),
  )

function read(chunks: readonly Buffer[], maxItemOctets = MIB) {
  const reader = new ListReader(maxItemOctets)
  const items = chunks.flatMap((chunk) => reader.push(chunk).map((item): unknown => JSON.parse(item.toString())))
  return { items, around: reader.end(), skipped: reader.skipped }
}

function expected(text: string) {
  const { items, ...around } = JSON.parse(text)
  return { items, around: { ...around, items: [] }, skipped: 0 }
}

test('however a list is split, its items are those of JSON.parse, and so is what is around them', () => {
  fc.assert(
    fc.property(list, cuts, (text, cuts) => {
      assert.deepEqual(read(pieces(Buffer.from(text), cuts)), expected(text))
    }),
    { numRuns: 300 },
  )
})

test('octet by octet it is the same', () => {
  fc.assert(
    fc.property(list, (text) => {
      assert.deepEqual(read(octets(Buffer.from(text))), expected(text))
    }),
  )
})

test('an item is there as soon as it is whole', () => {
  const reader = new ListReader(MIB)
  assert.deepEqual(reader.push(Buffer.from('{"items":[{"a":{}')), [])
  assert.deepEqual(reader.push(Buffer.from('}')).map(String), ['{"a":{}}'])
  assert.deepEqual(
    reader.push(Buffer.from(',{"b":"}"}, {"c":1}')).map((one) => String(one).trim()),
    ['{"b":"}"}', '{"c":1}'],
  )
})

test('white space around the items is of no account, however much', () => {
  for (const space of [' ', '\n\t\r ', ' '.repeat(7), ' '.repeat(40)]) {
    const text = `{${space}"items"${space}:${space}[${space}{"a":1}${space},${space}{"b":[]}${space}]${space},"z":1${space}}`
    assert.deepEqual(read([Buffer.from(text)]), expected(text))
  }
})

test('no items are none', () => {
  for (const items of ['[]', 'null', '[ ]']) {
    const { items: found } = read([Buffer.from(`{"metadata":{"resourceVersion":"7"},"items":${items}}`)])
    assert.deepEqual(found, [])
  }
})

test('what is cut off throws, wherever it is cut', () => {
  fc.assert(
    fc.property(list, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (text, part) => {
      const whole = Buffer.from(text)
      const half = whole.subarray(0, Math.floor(part * whole.length))
      assert.throws(() => read([half]))
    }),
  )
})

test('what is no JSON throws', () => {
  for (const text of ['<html></html>', '{"items":[]}}', '{}{}', '{"items":[}', '}{', ']'])
    assert.throws(() => read([Buffer.from(text)]), text)
})

test('items that are too large are left out and counted, and nothing else is', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 8 }), cuts, (sizes, cuts) => {
      const items = sizes.map((size, at) => ({ at, note: 'x'.repeat(size) }))
      const text = JSON.stringify({ items, version: '7' })
      const fits = (one: unknown) => JSON.stringify(one).length <= 40
      const found = read(pieces(Buffer.from(text), cuts), 40)
      assert.deepEqual(found.items, items.filter(fits))
      assert.equal(found.skipped, items.filter((one) => !fits(one)).length)
      assert.deepEqual(found.around, { items: [], version: '7' })
    }),
  )
})

test('more around the items than an item may have throws', () => {
  assert.throws(() => read([Buffer.from(JSON.stringify({ kind: 'x'.repeat(100), items: [] }))], 50), /around its items/)
})
