import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { BoundedMap } from '../../lib/base/bounded-map.ts'

const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('set' as const), key: keys, bytes: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('get' as const), key: keys, bytes: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), key: keys, bytes: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), key: keys, bytes: fc.constant(0) }) },
)

test('no sequence of steps takes it over its bounds or makes it lie about what it holds', () => {
  const bounds = fc.record({ maxEntries: fc.nat(5), maxBytes: fc.nat(100) })
  fc.assert(
    fc.property(bounds, fc.array(step, { maxLength: 60 }), (bounds, steps) => {
      const map = new BoundedMap<{ key: string; bytes: number }>(bounds)
      const last = new Map<string, { key: string; bytes: number }>()
      for (const { do: what, key, bytes } of steps) {
        const value = { key, bytes }
        if (what === 'set') {
          map.set(key, value, bytes)
          last.set(key, value)
        } else if (what === 'get') assert.ok(map.get(key) === undefined || map.get(key) === last.get(key))
        else {
          const gone = what === 'delete' ? [key] : [...last.keys()]
          if (what === 'delete') map.delete(key)
          else map.clear()
          for (const one of gone) assert.equal(map.get(one), undefined)
        }
        assert.ok(map.size <= bounds.maxEntries && map.bytes <= bounds.maxBytes)
      }
      const held = [...last.keys()].flatMap((key) => map.get(key) ?? [])
      assert.equal(map.size, held.length)
      assert.equal(
        map.bytes,
        held.reduce((sum, { bytes }) => sum + bytes, 0),
      )
    }),
  )
})

/** A map of three entries after these steps; a capital letter is read, a small one is set. What it still holds. */
function heldAfter(steps: string): string {
  const map = new BoundedMap<string>({ maxEntries: 3, maxBytes: 1000 })
  for (const letter of steps) {
    const key = letter.toLowerCase()
    if (letter === key) map.set(key, key, 1)
    else map.get(key)
  }
  return 'abcdefg'
    .split('')
    .filter((key) => map.get(key) !== undefined)
    .join('')
}

// What is done, and what is left.
const SECOND_CHANCE: readonly [string, string][] = [
  ['abc', 'abc'],
  ['abcd', 'bcd'],
  ['abcAd', 'acd'],
  ['abcABd', 'abd'],
  // A read counts once: passed over for d, it goes for the one after the others.
  ['abcAde', 'ade'],
  ['abcAdef', 'def'],
  ['abcAdefg', 'efg'],
  // Set again, it is the youngest.
  ['abcad', 'acd'],
]

for (const [steps, left] of SECOND_CHANCE) {
  test(`after ${steps} (capitals are reads) it holds ${left}`, () => {
    assert.equal(heldAfter(steps), left)
  })
}

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
