import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Generations } from '../../lib/base/generations.ts'
import { Directory } from '../../lib/cluster/directory.ts'
import type { HealthSettings } from '../../lib/cluster/health.ts'
import { MovedClock } from '../helpers/moved-clock.ts'
import { service, slice } from '../helpers/objects.ts'
import { slimmed } from './slimmed.ts'

const PODS = ['10.1.0.1', '10.1.0.2', '10.1.0.3']
const FLAP_MS = 200
const MINUTE_FLAPS = 60_000 / FLAP_MS

/** When health changed, in milliseconds, while a shard goes from three ready pods to `low` and back for a minute. */
function changesOf(health: HealthSettings, low: number): number[] {
  const clock = new MovedClock(0)
  const directory = new Directory({ clock, generations: new Generations(), health })
  const pods = (ready: number) => {
    const object = slimmed(
      slice(
        'web.shop',
        PODS.map((ip, i) => (i < ready ? ip : `!${ip}`)),
      ),
    ).kept
    if (object !== undefined) directory.learn(object)
  }
  const web = slimmed(service('web.shop')).kept
  if (web !== undefined) directory.learn(web)
  pods(3)
  directory.know('live')
  const isHealthy = () => directory.health('shop/web')?.healthy
  const changes: number[] = []
  let before = isHealthy()
  const look = () => {
    if (isHealthy() !== before) changes.push(clock.now())
    before = isHealthy()
  }
  for (let i = 0; i < MINUTE_FLAPS; i++) {
    pods(i % 2 === 0 ? low : 3)
    look()
    for (let ms = 0; ms < FLAP_MS; ms += 10) {
      clock.advance(10)
      look()
    }
  }
  directory.close()
  return changes
}

const HOLDS = { minReady: 1, leaveAfterMs: 5000, returnAfterMs: 5000 }

test('without holds every change of a flapping shard is shown', () => {
  const changes = changesOf({ minReady: 1, leaveAfterMs: 0, returnAfterMs: 0 }, 0)
  assert.equal(changes.length, MINUTE_FLAPS)
})

test('a flapping shard that loses all its pods leaves at once, and does not come back before it is steady', () => {
  assert.deepEqual(changesOf(HOLDS, 0), [0])
})

test('a flapping shard that keeps some pods stays, as it is never short of them for as long as the hold', () => {
  assert.deepEqual(changesOf({ ...HOLDS, minReady: 2 }, 1), [])
})

test('a shard that stays short of pods leaves when the hold is over, and returns after the other one', () => {
  for (const returnAfterMs of [100, 150]) {
    const changes = changesOf({ minReady: 2, leaveAfterMs: 150, returnAfterMs }, 1)
    const gaps = changes.slice(1).map((atMs, i) => atMs - (changes[i] as number))
    assert.ok(changes.length > 2 && gaps.every((gap) => gap >= returnAfterMs), gaps.join())
  }
})
