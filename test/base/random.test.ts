import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cryptoRandom16 } from '../../lib/base/random.ts'

const DRAWS = 65_536
const BUCKETS = 256

test('every number from 0 to 65,535 is about equally likely', () => {
  const random = cryptoRandom16()
  const high = new Uint32Array(BUCKETS)
  const low = new Uint32Array(BUCKETS)
  for (let i = 0; i < DRAWS; i++) {
    const number = random()
    assert.ok(Number.isInteger(number) && number >= 0 && number < 65_536)
    high[number >> 8]!++
    low[number & 0xff]!++
  }
  // 256 are expected in each bucket; 8 standard deviations (128) happen to nobody by chance.
  for (const count of [...high, ...low]) assert.ok(Math.abs(count - DRAWS / BUCKETS) < 128, `${count} in a bucket`)
})

test('numbers do not come again in the same order, neither later nor from another source', () => {
  const draw = (random: () => number) => Array.from({ length: 512 }, random).join()
  const [one, other] = [cryptoRandom16(), cryptoRandom16()]
  const runs = [draw(one), draw(one), draw(one), draw(other)]
  assert.equal(new Set(runs).size, runs.length)
})
