import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Health, type HealthSettings, nextHealth, withOverrides } from '../../lib/cluster/health.ts'

interface Story {
  readonly title: string
  /** Ready pods needed, and the two holds in seconds. */
  readonly settings: readonly [minReady: number, leaveAfter: number, returnAfter: number]
  /** When, how many pods are ready, whether the shard is healthy then, and until when if nothing changes. */
  readonly rows: readonly string[]
}

const STORIES: readonly Story[] = [
  {
    title: 'without holds, health follows the pods at once',
    settings: [2, 0, 0],
    rows: [
      '0 s: 1 ready, not healthy',
      '1 s: 2 ready, healthy',
      '2 s: 1 ready, not healthy',
      '3 s: 3 ready, healthy',
      '4 s: 0 ready, not healthy',
    ],
  },
  {
    title: 'the first look at enough pods takes no hold',
    settings: [3, 60, 60],
    rows: ['0 s: 3 ready, healthy'],
  },
  {
    title: 'the first look at too few pods takes no hold either',
    settings: [3, 60, 60],
    rows: ['0 s: 2 ready, not healthy'],
  },
  {
    title: 'a shard that was never healthy becomes so without a hold',
    settings: [3, 60, 60],
    rows: ['0 s: 0 ready, not healthy', '1 s: 2 ready, not healthy', '2 s: 3 ready, healthy'],
  },
  {
    title: 'with some pods, but too few, a healthy shard stays for leaveAfter',
    settings: [3, 10, 0],
    rows: [
      '0 s: 3 ready, healthy',
      '1 s: 2 ready, healthy until 11 s',
      '5 s: 1 ready, healthy until 11 s',
      '10.999 s: 2 ready, healthy until 11 s',
      '11 s: 2 ready, not healthy',
    ],
  },
  {
    title: 'with nobody ready it leaves at once, leaveAfter or not',
    settings: [3, 10, 0],
    rows: ['0 s: 3 ready, healthy', '1 s: 0 ready, not healthy'],
  },
  {
    title: 'with nobody ready it leaves in the middle of a hold',
    settings: [3, 10, 0],
    rows: [
      '0 s: 3 ready, healthy',
      '1 s: 1 ready, healthy until 11 s',
      '2 s: 0 ready, not healthy',
      '3 s: 2 ready, not healthy',
      '4 s: 3 ready, healthy',
    ],
  },
  {
    title: 'with one pod needed there is nothing for leaveAfter to cover',
    settings: [1, 10, 0],
    rows: ['0 s: 1 ready, healthy', '1 s: 0 ready, not healthy'],
  },
  {
    title: 'enough pods in time end a hold, and the next one begins anew',
    settings: [3, 10, 0],
    rows: [
      '0 s: 3 ready, healthy',
      '1 s: 2 ready, healthy until 11 s',
      '6 s: 3 ready, healthy',
      '7 s: 2 ready, healthy until 17 s',
      '12 s: 2 ready, healthy until 17 s',
      '17 s: 2 ready, not healthy',
    ],
  },
  {
    title: 'the way back takes returnAfter',
    settings: [2, 0, 10],
    rows: [
      '0 s: 2 ready, healthy',
      '1 s: 0 ready, not healthy',
      '2 s: 2 ready, not healthy until 12 s',
      '7 s: 5 ready, not healthy until 12 s',
      '11.999 s: 2 ready, not healthy until 12 s',
      '12 s: 2 ready, healthy',
    ],
  },
  {
    title: 'the way back begins anew when pods are missing again',
    settings: [2, 0, 10],
    rows: [
      '0 s: 2 ready, healthy',
      '1 s: 0 ready, not healthy',
      '2 s: 2 ready, not healthy until 12 s',
      '6 s: 1 ready, not healthy',
      '7 s: 2 ready, not healthy until 17 s',
      '12 s: 2 ready, not healthy until 17 s',
      '17 s: 2 ready, healthy',
    ],
  },
  {
    title: 'the way back begins anew when everybody is gone again',
    settings: [1, 0, 10],
    rows: [
      '0 s: 1 ready, healthy',
      '1 s: 0 ready, not healthy',
      '2 s: 1 ready, not healthy until 12 s',
      '3 s: 0 ready, not healthy',
      '4 s: 1 ready, not healthy until 14 s',
      '14 s: 1 ready, healthy',
    ],
  },
  {
    title: 'both holds, one after the other',
    settings: [2, 5, 10],
    rows: [
      '0 s: 2 ready, healthy',
      '1 s: 1 ready, healthy until 6 s',
      '6 s: 1 ready, not healthy',
      '7 s: 2 ready, not healthy until 17 s',
      '17 s: 2 ready, healthy',
      '18 s: 1 ready, healthy until 23 s',
    ],
  },
]

const settingsOf = ([minReady, leaveAfter, returnAfter]: Story['settings']): HealthSettings => ({
  minReady,
  leaveAfterMs: leaveAfter * 1000,
  returnAfterMs: returnAfter * 1000,
})

const ROW = /^([\d.]+) s: (\d+) ready, (not )?healthy(?: until ([\d.]+) s)?$/

for (const { title, settings, rows } of STORIES) {
  test(title, () => {
    let before: Health | undefined
    for (const row of rows) {
      const [, seconds, readyPods, not, until] = ROW.exec(row) ?? assert.fail(row)
      const found = nextHealth(
        before,
        { readyPods: Number(readyPods), nowMs: Number(seconds) * 1000 },
        settingsOf(settings),
      )
      const seen = { healthy: found.health.healthy, lookAgainAtMs: found.lookAgainAtMs }
      assert.deepEqual(seen, { healthy: not === undefined, lookAgainAtMs: until && Number(until) * 1000 }, row)
      before = found.health
    }
  })
}

test('overrides of a Service replace single values', () => {
  const settings = settingsOf([1, 2, 3])
  assert.deepEqual(withOverrides(settings, {}), settings)
  assert.deepEqual(withOverrides(settings, { minReady: 9 }), { ...settings, minReady: 9 })
  assert.deepEqual(withOverrides(settings, { leaveAfterMs: 0, returnAfterMs: 7 }), {
    minReady: 1,
    leaveAfterMs: 0,
    returnAfterMs: 7,
  })
})

test('whatever happens: nobody ready is never healthy, and a hold ends when it says', () => {
  const looks = fc.array(fc.tuple(fc.integer({ min: 0, max: 8000 }), fc.integer({ min: 0, max: 4 })), { maxLength: 20 })
  const settings = fc.record({
    minReady: fc.integer({ min: 1, max: 4 }),
    leaveAfterMs: fc.constantFrom(0, 5000),
    returnAfterMs: fc.constantFrom(0, 7000),
  })
  fc.assert(
    fc.property(settings, looks, (settings, looks) => {
      let before: Health | undefined
      let nowMs = 0
      for (const [laterMs, readyPods] of looks) {
        nowMs += laterMs
        const { health, lookAgainAtMs } = nextHealth(before, { readyPods, nowMs }, settings)
        if (readyPods === 0) assert.equal(health.healthy, false)
        const wanted = readyPods >= settings.minReady
        // What is seen and what is said differ only while there is a moment at which they agree again.
        assert.equal(health.healthy === wanted, lookAgainAtMs === undefined)
        if (lookAgainAtMs !== undefined) {
          assert.ok(lookAgainAtMs > nowMs && lookAgainAtMs <= nowMs + 7000)
          const then = nextHealth(health, { readyPods, nowMs: lookAgainAtMs }, settings)
          assert.deepEqual([then.health.healthy, then.lookAgainAtMs], [wanted, undefined])
        }
        before = health
      }
    }),
    { numRuns: 500 },
  )
})
