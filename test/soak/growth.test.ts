import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthOf, type Sample } from './growth.ts'

const MIB = 1024 * 1024
const LONG = 900
const level: Sample = {
  rssBytes: 200 * MIB,
  heapBytes: 60 * MIB,
  openFiles: 300,
  cacheEntries: 10_000,
  images: 2000,
  inFlight: 3,
}

/** What grows in a run in which this is the case at that part of it, from 0 to 1. */
const grown = (at: (part: number, i: number) => Partial<Sample>, count = LONG): string[] =>
  growthOf(Array.from({ length: count }, (_, i) => ({ ...level, ...at(i / count, i) })))
    .filter(({ isGrowth }) => isGrowth)
    .map(({ measure }) => measure)

test('what stays the same, or only fills up at first, is no growth', () => {
  assert.deepEqual(
    grown(() => ({})),
    [],
  )
  assert.deepEqual(
    grown((part) => ({ rssBytes: Math.min(1, 0.5 + 2 * part) * 200 * MIB })),
    [],
  )
})

test('what grows all the time is growth', () => {
  for (const measure of Object.keys(level) as (keyof Sample)[]) {
    assert.deepEqual(
      grown((part) => ({ [measure]: level[measure] * (1 + part) + 1000 * part })),
      [measure],
      measure,
    )
  }
})

test('memory that comes and goes is no growth; where the least of it grows, it is', () => {
  const saw = (i: number): number => (i % 10) * 20 * MIB
  assert.deepEqual(
    grown((_part, i) => ({ heapBytes: 60 * MIB + saw(i) })),
    [],
  )
  assert.deepEqual(
    grown((part, i) => ({ heapBytes: (60 + 60 * part) * MIB + saw(i) })),
    ['heapBytes'],
  )
})

test('in a short run memory is told less exactly, all else as well as in a long one', () => {
  const more = (part: number) => ({ rssBytes: (200 + 100 * part) * MIB, openFiles: 300 + 500 * part })
  assert.deepEqual(grown(more), ['rssBytes', 'openFiles'])
  assert.deepEqual(grown(more, 60), ['openFiles'])
})
