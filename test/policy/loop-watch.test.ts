import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../lib/dns/name.ts'
import { LoopWatch } from '../../lib/policy/loop-watch.ts'
import { MovedClock } from '../helpers/moved-clock.ts'

const [a, b, c] = ['a', 'b', 'c'].map((label) => parseName(`${label}.empty.as112.arpa`)) as [
  ReturnType<typeof parseName>,
  ReturnType<typeof parseName>,
  ReturnType<typeof parseName>,
]

function watch(maxProbes = 10) {
  const clock = new MovedClock()
  return { clock, watch: new LoopWatch({ clock, lifetimeMs: 5000, maxProbes }) }
}

test('a query for a probe that is under way tells the upstream it was sent to, as often as it comes', () => {
  const { watch: loops } = watch()
  loops.begin(a, '10.0.0.2:53')
  loops.begin(b, '10.0.0.3:53')
  assert.equal(loops.seen(b), '10.0.0.3:53')
  assert.equal(loops.seen(a), '10.0.0.2:53')
  assert.equal(loops.seen(a), '10.0.0.2:53')
  assert.equal(loops.seen(c), undefined)
})

test('a probe is known for as long as it lives, and its end is not put off by the others', () => {
  const { clock, watch: loops } = watch()
  loops.begin(a, 'first')
  clock.advance(3000)
  loops.begin(b, 'second')
  clock.advance(1999)
  assert.equal(loops.seen(a), 'first')
  clock.advance(1)
  assert.equal(loops.seen(a), undefined)
  assert.equal(loops.seen(b), 'second')
  clock.advance(3000)
  assert.equal(loops.seen(b), undefined)
  assert.equal(loops.underWay, 0)
})

test('one that is sent again lives as long as a new one', () => {
  const { clock, watch: loops } = watch()
  loops.begin(a, 'first')
  loops.begin(b, 'second')
  clock.advance(4000)
  loops.begin(a, 'again')
  clock.advance(2000)
  assert.equal(loops.seen(b), undefined)
  assert.equal(loops.seen(a), 'again')
})

test('there are never more than the bound; the oldest is given up', () => {
  const { watch: loops } = watch(2)
  for (const name of [a, b, c]) loops.begin(name, 'upstream')
  assert.equal(loops.underWay, 2)
  assert.equal(loops.seen(a), undefined)
  assert.equal(loops.seen(c), 'upstream')
})

test('while nothing is under way, not even the time is asked for', () => {
  const clock = new MovedClock()
  let asked = 0
  const now = () => {
    asked++
    return clock.now()
  }
  const loops = new LoopWatch({ clock: { now, after: () => () => {} }, lifetimeMs: 5000, maxProbes: 10 })
  for (let i = 0; i < 1000; i++) loops.seen(a)
  assert.equal(asked, 0)
  loops.begin(a, 'upstream')
  clock.advance(5000)
  loops.seen(b)
  asked = 0
  loops.seen(b)
  assert.equal(asked, 0)
})
