import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rations } from '../../lib/server/rations.ts'
import { MovedClock } from '../helpers/moved-clock.ts'

const granted = (rations: Rations, client: string, asked: number): number =>
  Array.from({ length: asked }, () => rations.take(client)).filter(Boolean).length

test('each client has one in 50 ms, however much another one asks for', () => {
  const clock = new MovedClock()
  const rations = new Rations(clock)
  assert.equal(granted(rations, 'greedy', 20), 1)
  for (const client of ['a', 'b', 'c']) assert.deepEqual([rations.take(client), rations.take(client)], [true, false])
  clock.advance(49)
  assert.equal(rations.take('a'), false)
  clock.advance(1)
  for (const client of ['a', 'b', 'c']) assert.equal(rations.take(client), true)
})

test('of the rest one in 32 goes on, so that a name that all ask for is known again', () => {
  const rations = new Rations(new MovedClock())
  assert.equal(granted(rations, 'one', 1 + 32 * 100), 1 + 100)
})

test('addresses that are made up get no more than 64 in 50 ms, and one in 32 of the rest', () => {
  const rations = new Rations(new MovedClock())
  const all = Array.from({ length: 64 + 3200 }, (_, i) => granted(rations, `10.1.${i >> 8}.${i & 255}`, 1))
  assert.equal(
    all.reduce((sum, one) => sum + one, 0),
    64 + 100,
  )
})
