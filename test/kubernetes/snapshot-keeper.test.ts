import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Snapshot } from '../../lib/kubernetes/snapshot.ts'
import { SnapshotKeeper } from '../../lib/kubernetes/snapshot-keeper.ts'
import { MovedClock, settled } from '../helpers/moved-clock.ts'
import { SMALL } from './snapshots.ts'

/** A keeper whose disk can be made slow. */
class Kept {
  readonly clock = new MovedClock(0)
  /** When each write began. */
  readonly writes: number[] = []
  known: Snapshot | undefined = SMALL
  underWay = 0
  isSlow = false
  #finish: (() => void)[] = []
  readonly keeper = new SnapshotKeeper({
    clock: this.clock,
    take: () => this.known,
    write: async () => {
      this.writes.push(this.clock.now())
      this.underWay++
      if (this.isSlow) await new Promise<void>((resolve) => void this.#finish.push(resolve))
      this.underWay--
    },
  })

  finish(): void {
    for (const finish of this.#finish.splice(0)) finish()
  }
}

test('a change is written a moment later, with those that come meanwhile', async () => {
  const { keeper, clock, writes } = new Kept()
  keeper.changed()
  await clock.pass(2000)
  keeper.changed()
  await clock.pass(2999)
  assert.deepEqual(writes, [])
  await clock.pass(1)
  assert.deepEqual(writes, [5000])
  await clock.pass(60_000)
  assert.deepEqual(writes, [5000])
})

test('changes all the time are written every 30 s', async () => {
  const { keeper, clock, writes } = new Kept()
  for (let seconds = 0; seconds < 100; seconds++) {
    keeper.changed()
    await clock.pass(1000)
  }
  assert.deepEqual(writes, [5000, 35_000, 65_000, 95_000])
})

test('a change after a long time does not wait 30 s', async () => {
  const { keeper, clock, writes } = new Kept()
  keeper.changed()
  await clock.pass(100_000)
  keeper.changed()
  await clock.pass(5000)
  assert.deepEqual(writes, [5000, 105_000])
})

test('without a change it is written every 10 min, to say that it is still so', async () => {
  const { keeper, clock, writes } = new Kept()
  await clock.pass(1_300_000)
  assert.deepEqual(writes, [600_000, 1_200_000])
  keeper.changed()
  await clock.pass(605_000)
  assert.deepEqual(writes, [600_000, 1_200_000, 1_305_000, 1_905_000])
})

test('what is not known to be so is not written', async () => {
  const kept = new Kept()
  kept.known = undefined
  kept.keeper.changed()
  await kept.clock.pass(700_000)
  assert.deepEqual(kept.writes, [])
  kept.known = SMALL
  kept.keeper.changed()
  await kept.clock.pass(30_000)
  assert.equal(kept.writes.length, 1)
})

test('the end writes what is not written yet, and nothing comes after it', async () => {
  const { keeper, clock, writes } = new Kept()
  keeper.changed()
  await keeper.stop(true)
  assert.deepEqual([writes.length, clock.pending], [1, 0])
  await clock.pass(1_000_000)
  assert.equal(writes.length, 1)
})

test('the end leaves what is due where it is not to be written any more', async () => {
  const { keeper, clock, writes } = new Kept()
  keeper.changed()
  await keeper.stop(false)
  await clock.pass(1_000_000)
  assert.deepEqual([writes, clock.pending], [[], 0])
})

test('the end writes nothing when all is written', async () => {
  const { keeper, clock, writes } = new Kept()
  keeper.changed()
  await clock.pass(5000)
  await keeper.stop(true)
  assert.deepEqual([writes, clock.pending], [[5000], 0])
})

test('the end waits for what is being written, and for what has changed since', async () => {
  const kept = new Kept()
  const { keeper, clock, writes } = kept
  kept.isSlow = true
  keeper.changed()
  await clock.pass(5000)
  keeper.changed()
  let hasEnded = false
  const end = keeper.stop(true).then(() => (hasEnded = true))
  await settled()
  assert.deepEqual([kept.underWay, writes.length, hasEnded], [1, 1, false])
  kept.finish()
  await settled()
  assert.deepEqual([kept.underWay, writes.length, hasEnded], [1, 2, false])
  kept.finish()
  await end
  assert.equal(clock.pending, 0)
})

test('a disk that takes longer than 30 s is not written to twice at a time', async () => {
  const kept = new Kept()
  const { keeper, clock } = kept
  kept.isSlow = true
  keeper.changed()
  await clock.pass(5000)
  keeper.changed()
  await clock.pass(40_000)
  assert.equal(kept.underWay, 1)
  kept.finish()
  await clock.pass(30_000)
  assert.equal(kept.writes.length, 2)
})
