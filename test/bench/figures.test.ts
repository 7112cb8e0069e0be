import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ticksInStat } from './cpu-time.ts'
import { parseReport } from './dnsperf.ts'
import { parseOptions } from './options.ts'
import { medianInterval, ratioOf, spreadOf } from './statistics.ts'

const REPORT = `
Statistics:

  Queries sent:         133636
  Queries completed:    133529 (99.92%)
  Queries lost:         107 (0.08%)

  Response codes:       NOERROR 9 (0.01%), NXDOMAIN 133520 (99.99%)
  Average packet size:  request 74, response 134
  Run time (s):         1.000214
  Queries per second:   133500.430908

  Average Latency (s):  0.000521 (min 0.000013, max 0.002928)
`

test('a report of dnsperf is read by its labels', () => {
  assert.deepEqual(parseReport(REPORT), {
    sent: 133_636,
    completed: 133_529,
    queriesPerSecond: 133_500.430908,
    replyOctets: 134,
    rcodes: { NOERROR: 9, NXDOMAIN: 133_520 },
  })
})

test('what is no report is refused, with the words that were there instead', () => {
  assert.throws(() => parseReport('Error: unable to open the query file'), /unable to open/)
})

test('CPU time is user and system time, whatever the process is called', () => {
  const behindTheName = 'S 1 2 3 4 5 6 7 8 9 10 224 305 0 0 20 0 11 0 100'
  for (const name of ['node', 'a b', 'a) 1 2 (b']) assert.equal(ticksInStat(`77 (${name}) ${behindTheName}`), 529)
})

test('a median has as many values below it as above it, and lies in the range', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.1, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
      const { median, min, max } = spreadOf(values)
      assert.ok(min <= median && median <= max)
      const below = values.filter((value) => value < median).length
      const above = values.filter((value) => value > median).length
      assert.ok(below <= values.length / 2 && above <= values.length / 2)
    }),
  )
})

test('a ratio compares the runs of one round, so a slow round does not spoil it', () => {
  assert.deepEqual(ratioOf([2, 20, 3], [1, 10, 1]), { median: 2, min: 2, max: 3 })
})

test('an interval of the median goes from rank to rank, and needs six values', () => {
  const ranks = (count: number) => medianInterval(Array.from({ length: count }, (_, i) => (i * 7) % count || count))
  // From tables of the sign test.
  assert.equal(ranks(5), undefined)
  assert.deepEqual(ranks(6), { low: 1, high: 6 })
  assert.deepEqual(ranks(9), { low: 2, high: 8 })
  assert.deepEqual(ranks(20), { low: 6, high: 15 })
})

test('options that make no sense are refused by name', () => {
  const choice = { command: 'bench', scenarios: ['nothing'], rounds: 1, seconds: 1 }
  const refused: readonly (readonly [string, RegExp])[] = [
    ['--rounds 0', /--rounds "0"/],
    ['--seconds 1.5', /--seconds "1\.5"/],
    ['--only everything', /--only "everything"/],
    ['--fast', /--fast/],
  ]
  for (const [args, problem] of refused) {
    const parsed = parseOptions(args.split(' '), choice)
    assert.ok('problem' in parsed)
    assert.match(parsed.problem, problem)
  }
})
