import type { LogLine } from '../helpers/running-resolver.ts'
import { percentileMs, type Tally } from '../overload/tally.ts'
import { growthOf, type Sample } from './growth.ts'
import { repeats } from './repeats.ts'
import type { Tallies } from './traffic.ts'
import { KINDS } from './valid-queries.ts'

const ALLOWED = 1e-5
const NOERROR = 0

interface Results {
  readonly samples: readonly Sample[]
  readonly tallies: Tallies
  readonly metrics: (name: string) => number
  readonly log: readonly LogLine[]
}

/** What came of it, in words and numbers, and which bars were missed. */
export function reportOf({ samples, tallies, metrics, log }: Results): {
  readonly lines: readonly string[]
  readonly failures: readonly string[]
} {
  const { valid, overTcp, mutants, randomSubdomains, abusiveConnections } = tallies
  const growth = growthOf(samples)
  const all = [...valid, overTcp]
  const sum = (of: (tally: Tally) => number) => all.reduce((total, tally) => total + of(tally), 0)
  const [asked, lost] = [sum((tally) => tally.asked), sum((tally) => tally.lost)]
  const kernelDrops = metrics('feddns_udp_kernel_drops_total')
  const beyond = Math.max(0, lost - kernelDrops)
  const loud = repeats(log)
  const faults = metrics('feddns_faults_total')
  const left = metrics('feddns_queries_in_flight')
  const lines = [
    `${''.padEnd(12)}${['asked', 'lost', 'not NOERROR', 'p50 ms', 'p99 ms', 'worst ms'].map(cell).join('')}`,
    ...valid.map((tally, i) => rowOf(KINDS[i] ?? '', tally)),
    rowOf('TCP', overTcp),
    rowOf('mutants', mutants),
    rowOf('flood', randomSubdomains),
    `abusive connections ${abusiveConnections}; lost in the kernel ${kernelDrops}, shed ${metrics('feddns_shed_total')}, ` +
      `refused ${metrics('feddns_overload_refused_total')}; reloads ${metrics('feddns_config_reloads_total')}, ` +
      `refused ${metrics('feddns_config_reloads_refused_total')}; lines of the log ${log.length}`,
    `unanswered beyond what the kernel counted: ${beyond} of ${asked}`,
    ...growth.map(
      ({ measure, before, after }) => `${measure.padEnd(14)}${before} in the second quarter, ${after} in the last`,
    ),
  ]
  const failures = [
    ...(beyond > Math.max(1, asked * ALLOWED) ? [`${beyond} of ${asked} valid queries were not answered`] : []),
    ...growth
      .filter(({ isGrowth }) => isGrowth)
      .map(({ measure, before, after }) => `${measure}: ${before}, then ${after}`),
    ...loud.map(({ line, inAMinute }) => `${inAMinute} times in a minute: ${line}`),
    ...(faults > 0 ? [`${faults} faults`] : []),
    ...(left > 0 ? [`${left} queries are still under way`] : []),
  ]
  return { lines, failures }
}

const cell = (text: string): string => text.padStart(13)

function rowOf(name: string, tally: Tally): string {
  const others = tally.answered - (tally.rcodes[NOERROR] ?? 0)
  const times = [percentileMs(tally, 50), percentileMs(tally, 99), tally.worstMs].map((ms) => ms.toFixed(2))
  return `${name.padEnd(12)}${[tally.asked, tally.lost, others].map(String).concat(times).map(cell).join('')}`
}
