// What clients notice when no upstream answers for long, and when they return. See README.md.
import { parseArgs } from 'node:util'
import { chosen, orUsage, runBench, wholeNumber } from './bench.ts'
import { LIMIT_MS } from './load.ts'
import { OUTAGES, type OutageResult, outage } from './outage.ts'

const USAGE = `node test/failures/all-upstreams-down.ts [--seconds N] [--names N] [--rate N] [--fault NAME] [--policy NAME] [--program SCRIPT] [--json FILE]

  --seconds N       of the outage (default 600)
  --names N         that are in the cache, with TTLs of 1 to 60 s (default 2000)
  --rate N          queries per second (default 200)
  --fault NAME      one of ${Object.keys(OUTAGES).join(', ')} (default silent)
  --policy NAME     as in the configuration (default: none there)
  --program SCRIPT  another feddns than the one of this checkout
  --json FILE       write everything to this file as well`

const RETURN_MS = 60_000
const MOST_TTL_SECONDS = 60

await orUsage(USAGE, async () => {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '600' },
      names: { type: 'string', default: '2000' },
      rate: { type: 'string', default: '200' },
      fault: { type: 'string', default: 'silent' },
      policy: { type: 'string', default: 'default' },
      program: { type: 'string' },
      json: { type: 'string' },
    },
  })
  const kinds = Object.keys(OUTAGES) as (keyof typeof OUTAGES)[]
  const [fault = 'silent'] = chosen('fault', values.fault, new Map(kinds.map((kind) => [kind, kind])))
  const options = {
    fault,
    policy: values.policy,
    names: wholeNumber('names', values.names, 9000),
    perSecond: wholeNumber('rate', values.rate, 5000),
    mostTtlSeconds: MOST_TTL_SECONDS,
    outageMs: 1000 * wholeNumber('seconds', values.seconds, 86_400),
    returnMs: RETURN_MS,
    limitMs: LIMIT_MS,
    ...(values.program !== undefined && { program: values.program }),
  }
  await runBench(import.meta.filename, values.json, async () => {
    const result = await outage(options, (line) => console.error(line))
    console.log(['', ...linesOf(result)].join('\n'))
    return { figures: result, failures: failuresOf(result, options.names) }
  })
})

function linesOf(result: OutageResult): readonly string[] {
  const { filled, megabytesBefore, periods, all, unanswered, upstreamQueriesPerSecond, afterReturn } = result
  const ms = (value: number) => value.toFixed(1)
  const row = (cells: readonly string[]) => cells.map((cell) => cell.padStart(10)).join('')
  const seconds = (value: number | undefined) => (value === undefined ? 'never' : `${value.toFixed(1)} s`)
  return [
    `${filled} names are in the cache, ${megabytesBefore.toFixed(0)} MB. Both upstreams fail:`,
    row(['from s', 'asked', 'answered', 'stale', 'unmarked', 'SERVFAIL', 'lost', 'p50 ms', 'p99 ms', 'worst ms', 'MB']),
    ...periods.map(({ fromSeconds, summary, stale, unmarked, megabytes }) =>
      row([
        fromSeconds.toFixed(0),
        String(summary.asked),
        `${(Math.floor(summary.answeredPercent * 1000) / 1000).toFixed(3)}%`,
        String(stale),
        String(unmarked),
        String(summary.failures['2'] ?? 0),
        String(summary.lost),
        ms(summary.p50Ms),
        ms(summary.p99Ms),
        ms(summary.worstMs),
        megabytes.toFixed(0),
      ]),
    ),
    `all: ${all.answeredPercent.toFixed(3)}% of ${all.asked} answered, worst ${ms(all.worstMs)} ms; to upstreams ${upstreamQueriesPerSecond.toFixed(1)} queries/s`,
    ...(unanswered.length === 0 ? [] : [`not answered: ${unanswered.join(' ')}`]),
    `They return with other data: the first answer with it after ${seconds(afterReturn.firstFreshSeconds)}, every answer after ${seconds(afterReturn.allFreshSeconds)};`,
    `meanwhile ${afterReturn.summary.answeredPercent.toFixed(3)}% answered, p99 ${ms(afterReturn.summary.p99Ms)} ms`,
  ]
}

function failuresOf({ filled, all, periods, afterReturn }: OutageResult, names: number): readonly string[] {
  return [
    ...(filled < names ? [`only ${filled} names were in the cache`] : []),
    ...(all.answeredPercent < 100 ? ['not everything was answered'] : []),
    ...(periods.some(({ unmarked }) => unmarked > 0) ? ['stale answers do not say so'] : []),
    ...(afterReturn.allFreshSeconds === undefined ? ['fresh answers did not come back'] : []),
  ]
}
