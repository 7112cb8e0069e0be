import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backlog } from '../../lib/server/backlog.ts'
import { MovedClock } from '../helpers/moved-clock.ts'

const PATIENCE = 40

function world() {
  const clock = new MovedClock()
  const backlog = new Backlog(clock)
  const left = (share: number, turns: number): boolean => {
    for (let i = 0; i < turns; i++) backlog.left(share)
    return backlog.isTooMuch
  }
  const overload = () => {
    left(0.9, PATIENCE + 1)
    assert.equal(backlog.isTooMuch, true)
    backlog.drained()
  }
  return { clock, backlog, left, overload }
}

test('a buffer that is nearly full, and still is when as much was taken as it holds, is too much', () => {
  const { left } = world()
  assert.equal(left(0.9, PATIENCE), false)
  assert.equal(left(0.51, 1), true)
})

test('what gets less is not too much, however long it took: after a pause of the process nothing is dropped', () => {
  const { left, backlog, clock } = world()
  for (const share of [1, 0.9, 0.8, 0.7, 0.6, 0.5]) {
    clock.advance(10_000)
    assert.equal(left(share, 6), false)
  }
  assert.equal(left(0.9, PATIENCE), false)
  backlog.drained()
  assert.equal(left(0.9, PATIENCE), false)
})

test('a socket that is never empty, but has room, is no reason to drop anything', () => {
  assert.equal(world().left(0.5, 10_000), false)
})

test('it is too much until all is taken', () => {
  const { left, backlog } = world()
  left(0.9, PATIENCE + 1)
  assert.equal(left(0.01, 100), true)
  backlog.drained()
  assert.equal(backlog.isTooMuch, false)
})

test('within a second after that it is too much as soon as it is nearly full, later with patience again', () => {
  const { left, overload, clock, backlog } = world()
  overload()
  clock.advance(500)
  assert.equal(left(0.5, 100), false)
  assert.equal(left(0.6, 1), true)
  backlog.drained()
  clock.advance(1000)
  assert.equal(left(0.6, PATIENCE), false)
})
