import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OUTAGES, outage } from './outage.ts'

const OPTIONS = {
  policy: 'default',
  names: 100,
  mostTtlSeconds: 2,
  perSecond: 100,
  outageMs: 6000,
  returnMs: 60_000,
  // Not to fail because the machine is busy.
  limitMs: 10_000,
} as const

describe('no upstream answers: every name in the cache is answered, and freshly again when they are back', {
  concurrency: true,
}, () => {
  for (const fault of Object.keys(OUTAGES) as (keyof typeof OUTAGES)[]) {
    test(fault, async () => {
      const { filled, all, periods, unanswered, afterReturn } = await outage({ ...OPTIONS, fault })
      assert.equal(filled, OPTIONS.names)
      assert.deepEqual([all.answeredPercent, unanswered], [100, []], `of ${all.asked}`)
      const stale = periods.reduce((sum, period) => sum + period.stale, 0)
      assert.ok(stale > all.asked / 2, `${stale} of ${all.asked} are stale and say so`)
      assert.deepEqual(
        periods.map(({ unmarked }) => unmarked),
        periods.map(() => 0),
        'stale answers that do not say so',
      )
      assert.ok(afterReturn.allFreshSeconds !== undefined, 'fresh answers come back')
    })
  }
})
