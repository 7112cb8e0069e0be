import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateLimit, type Ruling } from '../../lib/server/rate-limit.ts'

const SETTINGS = { responsesPerSecond: 10, slip: 2, prefixes: { ipv4: 24, ipv6: 56 } }

/** How many of so many queries at one moment came to what. */
function rulings(limit: RateLimit, client: string, asked: number, nowMs: number): Record<Ruling, number> {
  const counts = { send: 0, slip: 0, drop: 0 }
  for (let i = 0; i < asked; i++) counts[limit.rule(client, nowMs)]++
  return counts
}

test('a network gets a second’s replies at once; then every other query is told to come by TCP, and the rest nothing', () => {
  const limit = new RateLimit(SETTINGS)
  assert.deepEqual(rulings(limit, '203.0.113.1', 30, 0), { send: 10, slip: 10, drop: 10 })
})

test('what it gets comes back with time, up to a second’s worth', () => {
  const limit = new RateLimit(SETTINGS)
  rulings(limit, '203.0.113.1', 10, 0)
  assert.equal(rulings(limit, '203.0.113.1', 10, 500).send, 5)
  assert.equal(rulings(limit, '203.0.113.1', 20, 60_000).send, 10)
})

test('over a minute of a flood it gets what it may have, no more', () => {
  const limit = new RateLimit(SETTINGS)
  let sent = 0
  for (let ms = 0; ms < 60_000; ms += 10) sent += rulings(limit, '203.0.113.1', 5, ms).send
  assert.ok(sent >= 600 && sent <= 611, `${sent} replies`)
})

test('a network counts as one, and others do not suffer from it', () => {
  const limit = new RateLimit(SETTINGS)
  rulings(limit, '203.0.113.1', 100, 0)
  assert.equal(rulings(limit, '203.0.113.254', 5, 0).send, 0)
  assert.equal(rulings(limit, '203.0.114.1', 5, 0).send, 5)
  rulings(limit, '2001:db8:0:ff00::1', 100, 0)
  assert.equal(rulings(limit, '2001:db8:0:ffff:1:2:3:4', 5, 0).send, 0)
  assert.equal(rulings(limit, '2001:db8:1::1', 5, 0).send, 5)
  assert.equal(rulings(limit, '::ffff:203.0.113.77', 5, 0).send, 0)
})

test('slip 0 tells nobody to come by TCP, slip 1 everybody', () => {
  const of = (slip: number) => rulings(new RateLimit({ ...SETTINGS, slip }), '203.0.113.1', 30, 0)
  assert.deepEqual(
    [of(0), of(1)],
    [
      { send: 10, slip: 0, drop: 20 },
      { send: 10, slip: 20, drop: 0 },
    ],
  )
})

test('a flood from ever new networks is limited as well, and afterwards a network has its own again', () => {
  const limit = new RateLimit(SETTINGS)
  let sent = 0
  const networks = 200_000
  for (let i = 0; i < networks; i++) {
    if (limit.rule(`${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.9`, 0) === 'send') sent++
  }
  // As many networks as are kept at a time, each with its allowance.
  assert.ok(sent <= 8192 * 10, `${sent} replies`)
  assert.equal(rulings(limit, '203.0.113.1', 30, 1000).send, 10)
})
