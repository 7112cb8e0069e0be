import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backlog } from '../../lib/server/backlog.ts'
import { MovedClock } from '../helpers/moved-clock.ts'

const PATIENCE = 40

function world() {
  const clock = new MovedClock()
  const backlog = new Backlog(clock)
  const left = (ageMs: number, turns: number): boolean => {
    for (let i = 0; i < turns; i++) backlog.left(ageMs)
    return backlog.isTooMuch
  }
  const overload = () => {
    left(500, PATIENCE + 1)
    assert.equal(backlog.isTooMuch, true)
    backlog.drained()
  }
  return { clock, backlog, left, overload }
}

test('what has waited for long, and still has when as much was taken as the buffer holds, is too much', () => {
  const { left } = world()
  assert.equal(left(500, PATIENCE), false)
  assert.equal(left(201, 1), true)
})

test('what gets less is not too much, however long it took: after a pause of the process nothing is dropped', () => {
  const { left, backlog, clock } = world()
  for (const ageMs of [1200, 1000, 800, 600, 400, 200]) {
    clock.advance(10_000)
    assert.equal(left(ageMs, 6), false)
  }
  assert.equal(left(500, PATIENCE), false)
  backlog.drained()
  assert.equal(left(500, PATIENCE), false)
})

test('a socket that is never empty, but where nothing waits for long, is no reason to drop anything', () => {
  assert.equal(world().left(200, 10_000), false)
})

test('it is too much until all is taken', () => {
  const { left, backlog } = world()
  left(500, PATIENCE + 1)
  assert.equal(left(1, 100), true)
  backlog.drained()
  assert.equal(backlog.isTooMuch, false)
})

test('within a second after that it is too much as soon as something has waited for long, later with patience again', () => {
  const { left, overload, clock, backlog } = world()
  overload()
  clock.advance(500)
  assert.equal(left(200, 100), false)
  assert.equal(left(201, 1), true)
  backlog.drained()
  clock.advance(1000)
  assert.equal(left(201, PATIENCE), false)
})
