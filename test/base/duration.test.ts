import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseDurationMs } from '../../lib/base/duration.ts'

const DURATIONS: readonly [string, number | undefined][] = [
  ['0s', 0],
  ['500ms', 500],
  ['10s', 10_000],
  ['1m', 60_000],
  ['1m30s', 90_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  ['1.5s', 1500],
  ['0.5ms', 1],
  ['1h1m1s1ms', 3_661_001],
  ['007s', 7000],
  ['', undefined],
  ['10', undefined],
  ['s', undefined],
  ['-1s', undefined],
  ['+1s', undefined],
  ['1 s', undefined],
  ['1s ', undefined],
  ['1S', undefined],
  ['.5s', undefined],
  ['1.s', undefined],
  ['1.2.3s', undefined],
  ['1e3s', undefined],
  ['1s\n', undefined],
  ['5 minutes', undefined],
  ['1y', undefined],
  ['\u0661s', undefined],
]

for (const [text, wanted] of DURATIONS) {
  test(`${JSON.stringify(text)} is ${wanted === undefined ? 'no duration' : `${wanted} ms`}`, () => {
    assert.equal(parseDurationMs(text), wanted)
  })
}

test('the parts of a duration add up', () => {
  fc.assert(
    fc.property(fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(999)), ([d, h, m, s, ms]) => {
      assert.equal(parseDurationMs(`${d}d${h}h${m}m${s}s${ms}ms`), (((d * 24 + h) * 60 + m) * 60 + s) * 1000 + ms)
    }),
  )
})
