import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Generations } from '../../lib/base/generations.ts'

const slots = fc.array(fc.nat(65_535), { maxLength: 8 })

test('evidence holds exactly until one of its facts changes', () => {
  fc.assert(
    fc.property(slots, slots, slots, (facts, before, after) => {
      const generations = new Generations()
      for (const slot of before) generations.bump(slot)
      const evidence = generations.evidence(facts)
      assert.equal(generations.holds(evidence), true)
      for (const slot of after) generations.bump(slot)
      assert.equal(generations.holds(evidence), !after.some((slot) => facts.includes(slot)))
    }),
    { numRuns: 50 },
  )
})

test('once outdated, evidence stays so, and new evidence holds', () => {
  const generations = new Generations()
  const old = generations.evidence([3])
  generations.bump(3)
  const fresh = generations.evidence([3])
  assert.deepEqual([generations.holds(old), generations.holds(fresh)], [false, true])
})

test('what follows from nothing always holds', () => {
  const generations = new Generations()
  const evidence = generations.evidence([])
  generations.bump(0)
  assert.equal(generations.holds(evidence), true)
})

test('the slot of a key is the same each time, and none of those that are given out by hand', () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      const slot = Generations.slotOf(key)
      assert.equal(slot, Generations.slotOf(key))
      assert.ok(Number.isInteger(slot) && slot >= 16 && slot < 65_536)
    }),
  )
})

test('services of one cluster seldom share a slot', () => {
  const keys = Array.from({ length: 2000 }, (_, i) => `web-${i % 50}.shop-${Math.floor(i / 50)}`)
  // By chance alone about 30 of 2000 would.
  assert.ok(new Set(keys.map((key) => Generations.slotOf(key))).size > 1900)
})
