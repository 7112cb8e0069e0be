import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoopDelay } from '../../lib/observe/loop-delay.ts'
import { MovedClock } from '../helpers/moved-clock.ts'

test('a look every 100 ms; one that comes late tells by how much', () => {
  let lateMs = 0
  const clock = new MovedClock()
  // Timers run late by so much.
  const late = { now: () => clock.now() + lateMs, after: (ms: number, run: () => void) => clock.after(ms, run) }
  const delay = new LoopDelay()
  const stop = delay.measure(late)
  clock.advance(500)
  const counted = () => delay.histogram.counts.reduce((sum, count) => sum + count, 0)
  assert.deepEqual([counted(), delay.histogram.sum], [5, 0])
  lateMs = 300
  clock.advance(100)
  assert.deepEqual([counted(), delay.histogram.sum], [6, 0.3])
  stop()
  clock.advance(1000)
  assert.deepEqual([counted(), clock.pending], [6, 0])
})
