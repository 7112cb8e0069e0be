import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { limitedWarn } from '../../lib/observe/log.ts'
import { MovedClock } from '../helpers/moved-clock.ts'

function limited() {
  const lines: Record<string, unknown>[] = []
  const options = { base: null, timestamp: false, formatters: { level: (level: string) => ({ level }) } }
  const log = pino(options, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const clock = new MovedClock()
  return { clock, warn: limitedWarn(log, clock), said: () => lines.splice(0) }
}

test('a warning is said at once, with its fields', () => {
  const { warn, said } = limited()
  warn('upstream 1', 'upstream failed', { upstream: '10.0.0.1:53' })
  assert.deepEqual(said(), [{ upstream: '10.0.0.1:53', msg: 'upstream failed', level: 'warn' }])
})

test('of one cause a warning is said once in 10 s, and the next one tells how many were left unsaid', () => {
  const { clock, warn, said } = limited()
  for (let i = 0; i < 4; i++) warn('a', 'failed', { i })
  assert.deepEqual(said(), [{ i: 0, msg: 'failed', level: 'warn' }])
  clock.advance(9999)
  warn('a', 'failed', { i: 4 })
  assert.deepEqual(said(), [])
  clock.advance(1)
  warn('a', 'failed', { i: 5 })
  assert.deepEqual(said(), [{ i: 5, unsaid: 4, msg: 'failed', level: 'warn' }])
  clock.advance(10_000)
  warn('a', 'failed')
  assert.deepEqual(said(), [{ msg: 'failed', level: 'warn' }])
})

test('causes do not silence each other', () => {
  const { warn, said } = limited()
  warn('a', 'failed')
  warn('b', 'failed')
  assert.equal(said().length, 2)
})

test('ever new causes are said, and what is kept of them stays bounded', () => {
  const { warn, said } = limited()
  for (let i = 0; i < 5000; i++) warn(`cause ${i}`, 'failed')
  assert.equal(said().length, 5000)
  warn('cause 4999', 'failed')
  assert.deepEqual(said(), [])
})
