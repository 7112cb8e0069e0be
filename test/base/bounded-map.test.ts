import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { BoundedMap, type Bounds } from '../../lib/base/bounded-map.ts'

const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('set' as const), key: keys, bytes: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('get' as const), key: keys, bytes: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), key: keys, bytes: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), key: keys, bytes: fc.constant(0) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Value {
  readonly bytes: number
}

const heldIn = (map: BoundedMap<Value>): Map<string, Value> => new Map(map.entries())

const without = (held: ReadonlyMap<string, Value>, key: string): Map<string, Value> =>
  new Map([...held].filter(([one]) => one !== key))

const weightOf = (held: ReadonlyMap<string, Value>): number =>
  [...held.values()].reduce((sum, { bytes }) => sum + bytes, 0)

/** Does one step, and holds what the map has then against what it had before. */
function stepOf(map: BoundedMap<Value>, bounds: Bounds, { do: what, key, bytes }: Step): void {
  const before = heldIn(map)
  const { evictions } = map
  const rest = without(before, key)
  const value = { bytes }
  if (what === 'get') assert.equal(map.get(key), before.get(key))
  else if (what === 'delete') map.delete(key)
  else if (what === 'clear') map.clear()
  else map.set(key, value, bytes)
  const after = heldIn(map)
  const evicted = map.evictions - evictions
  if (what !== 'set') {
    const wanted = { get: before, delete: rest, clear: new Map<string, Value>() }[what]
    assert.deepEqual([[...after], evicted], [[...wanted], 0])
  } else if (bytes > bounds.maxBytes || bounds.maxEntries === 0) assert.deepEqual([[...after], evicted], [[...rest], 0])
  else {
    assert.equal(after.get(key), value)
    for (const [one, old] of without(after, key)) assert.equal(old, rest.get(one))
    assert.equal(evicted, rest.size - without(after, key).size)
    const fits = rest.size < bounds.maxEntries && weightOf(rest) + bytes <= bounds.maxBytes
    assert.ok(!fits || evicted === 0, 'there was room')
  }
  assert.deepEqual([map.size, map.bytes], [after.size, weightOf(after)])
  assert.ok(map.size <= bounds.maxEntries && map.bytes <= bounds.maxBytes)
}

test('no sequence of steps takes it over its bounds, makes it lie about what it holds, or costs more than there is need for', () => {
  const bounds = fc.record({ maxEntries: fc.nat(5), maxBytes: fc.nat(100) })
  fc.assert(
    fc.property(bounds, fc.array(step, { maxLength: 60 }), (bounds, steps) => {
      const map = new BoundedMap<Value>(bounds)
      for (const step of steps) stepOf(map, bounds, step)
    }),
    { numRuns: 500 },
  )
})

/** A map of ten entries after these steps; a capital letter is read, a small one is set. What it still holds. */
function heldAfter(steps: string): string {
  const map = new BoundedMap<Value>({ maxEntries: 10, maxBytes: 1000 })
  for (const letter of steps) {
    const key = letter.toLowerCase()
    if (letter === key) map.set(key, { bytes: 1 }, 1)
    else map.get(key)
  }
  return [...heldIn(map).keys()].sort().join('')
}

// What is done, and what is left.
const CHANCES: readonly [string, string][] = [
  ['abcdefghij', 'abcdefghij'],
  ['abcdefghijk', 'bcdefghijk'],
  // What was read stays, however much is used once.
  ['abcdefghijABklmnopqrstuvwxyz', 'abstuvwxyz'],
  // Once proven, it stays without being read again.
  ['abcdefghijAklmnopqrstuvwxyz', 'arstuvwxyz'],
  // So does what was set again after a read: a newer answer to the same question.
  ['abcdAaefghijklmnopqrstuvwxyz', 'arstuvwxyz'],
  // It was read only before it went; back again, it is proven.
  ['abcdefghijkalmnopqrstuvwxyz', 'arstuvwxyz'],
  // All were read: they are proven, and the oldest goes all the same.
  ['abcdefghijABCDEFGHIJk', 'bcdefghijk'],
  // Then new ones make room for each other.
  ['abcdefghijABCDEFGHIJklm', 'bcdefghijm'],
]

for (const [steps, left] of CHANCES) {
  test(`after ${steps} (capitals are reads) it holds ${left}`, () => {
    assert.equal(heldAfter(steps), left)
  })
}

test('of a flood of keys that are used once, whatever they weigh, nothing goes that others have read', () => {
  const flood = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 200, maxLength: 1000 })
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 100 }), flood, (maxEntries, flood) => {
      const map = new BoundedMap<string>({ maxEntries, maxBytes: maxEntries * 2 })
      const used = Array.from({ length: Math.floor(maxEntries * 0.8) }, (_, i) => `used ${i}`)
      for (const key of used) {
        map.set(key, key, 1)
        map.get(key)
      }
      for (const [i, bytes] of flood.entries()) map.set(`once ${i}`, '', bytes)
      for (const key of used) assert.equal(map.get(key), key)
    }),
  )
})

test('names in use that come one by one into a running flood of ten times as many others are kept in the end', () => {
  const map = new BoundedMap<number>({ maxEntries: 1000, maxBytes: 1e9 })
  let misses = 0
  for (let i = 0; i < 200_000; i++) {
    const key = i % 11 === 0 ? `used ${(i / 11) % 80}` : `once ${i}`
    if (map.get(key) !== undefined) continue
    map.set(key, i, 1)
    if (i > 100_000 && i % 11 === 0) misses++
  }
  assert.equal(misses, 0)
})

test('listing does not count as reading, and what it lists can be deleted meanwhile', () => {
  const map = new BoundedMap<number>({ maxEntries: 10, maxBytes: 1000 })
  for (let i = 0; i < 10; i++) map.set(`${i}`, i, 1)
  assert.deepEqual(
    [...map.entries()].map(([, i]) => i),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
  map.set('10', 10, 1)
  assert.equal(map.get('0'), undefined)
  for (const [key, i] of map.entries()) if (i % 2 === 1) map.delete(key)
  assert.deepEqual(
    [...map.entries()],
    [2, 4, 6, 8, 10].map((i) => [`${i}`, i]),
  )
})

test('a write passes over a bounded number of entries that were read', () => {
  const map = new BoundedMap<number>({ maxEntries: 1000, maxBytes: 1e9 })
  for (let i = 0; i < 1000; i++) map.set(`${i}`, i, 1)
  for (let i = 0; i < 1000; i++) map.get(`${i}`)
  map.set('new', 1, 1)
  const gone = Array.from({ length: 1000 }, (_, i) => i).filter((i) => map.get(`${i}`) === undefined)
  assert.deepEqual(gone, [128])
})

test('what is new is not what goes, even if all the rest was read', () => {
  const map = new BoundedMap<number>({ maxEntries: 100, maxBytes: 1000 })
  for (let i = 0; i < 100; i++) map.set(`old ${i}`, i, 1)
  for (let i = 0; i < 100; i++) map.get(`old ${i}`)
  map.set('new', 1, 1)
  assert.equal(map.get('new'), 1)
  assert.deepEqual([map.size, map.evictions], [100, 1])
})

test('heavy entries push out as many as they need, and one too heavy is not kept at the cost of the others', () => {
  const map = new BoundedMap<number>({ maxEntries: 100, maxBytes: 100 })
  for (const key of ['a', 'b', 'c', 'd']) map.set(key, 1, 25)
  map.set('heavy', 1, 60)
  assert.deepEqual([map.size, map.bytes, map.evictions], [2, 85, 3])
  map.set('too heavy', 1, 101)
  assert.deepEqual([map.get('too heavy'), map.size], [undefined, 2])
})

test('a value that grows too heavy leaves no older value behind', () => {
  const map = new BoundedMap<string>({ maxEntries: 9, maxBytes: 10 })
  map.set('a', 'old', 1)
  map.set('a', 'new', 11)
  assert.deepEqual([map.get('a'), map.size, map.bytes], [undefined, 0, 0])
})
