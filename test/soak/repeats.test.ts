import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine } from '../helpers/running-resolver.ts'
import { repeats } from './repeats.ts'

/** A line every so many seconds, for ten minutes. */
const everySeconds = (seconds: number, fields: object = {}): LogLine[] =>
  Array.from({ length: 600 / seconds }, (_, i) => ({
    level: 'warn',
    msg: 'upstream failed',
    time: new Date(1000 * seconds * i).toISOString(),
    ...fields,
  }))

test('a warning that comes as often as its limit lets it is none that repeats', () => {
  assert.deepEqual(repeats(everySeconds(10)), [])
})

test('one that comes more often is, whatever changes in its text', () => {
  const [one, ...more] = repeats(everySeconds(5).map((line, i) => ({ ...line, error: `port ${i}`, unsaid: i })))
  assert.deepEqual(more, [])
  assert.ok((one?.inAMinute ?? 0) >= 12 && one?.line.includes('upstream failed'))
})

test('causes are told apart, and what is no warning does not count', () => {
  const both = [...everySeconds(10, { upstream: 'a' }), ...everySeconds(10, { upstream: 'b' })]
  assert.deepEqual(repeats(both), [])
  assert.deepEqual(repeats(everySeconds(1, { level: 'info' })), [])
})
