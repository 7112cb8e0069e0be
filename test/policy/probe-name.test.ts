import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cryptoRandom16 } from '../../lib/base/random.ts'
import { formatName, nameOf, parseName, ROOT } from '../../lib/dns/name.ts'
import { newProbeName } from '../../lib/policy/probe-name.ts'

function counting(): () => number {
  let next = 0
  return () => next++
}

test('a probe is one label of 128 bits below the domain of its route', () => {
  const name = newProbeName(counting(), parseName('acme.local'))
  assert.equal(formatName(name), '00000001000200030004000500060007.acme.local.')
  assert.equal(formatName(newProbeName(() => 0xffff, parseName('acme.local'))), `${'f'.repeat(32)}.acme.local.`)
})

test('a probe for the root goes to a sink, not to a top-level domain', () => {
  assert.equal(formatName(newProbeName(counting(), ROOT)), '00000001000200030004000500060007.empty.as112.arpa.')
})

test('every bit of the random numbers is in the name', () => {
  const names = new Set<string>()
  for (let bit = 0; bit < 128; bit++) {
    let word = 0
    names.add(newProbeName(() => (word++ === bit >> 4 ? 1 << (bit & 15) : 0), ROOT))
  }
  assert.equal(names.size, 128)
})

test('no probe is like another', () => {
  const random = cryptoRandom16()
  const names = new Set(Array.from({ length: 1000 }, () => newProbeName(random, ROOT)))
  assert.equal(names.size, 1000)
})

test('a domain leaves room for the label, or is refused', () => {
  const long = (last: number) => nameOf([...Array.from({ length: 3 }, () => 'x'.repeat(63)), 'y'.repeat(last)])
  assert.equal(long(28).length, 222)
  assert.equal(newProbeName(counting(), long(28)).length, 255)
  assert.throws(() => newProbeName(counting(), long(29)), RangeError)
})
