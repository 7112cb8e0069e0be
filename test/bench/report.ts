import type { Comparison } from './compare.ts'
import { CLIENTS, OUTSTANDING } from './dnsperf.ts'
import { machine } from './machine.ts'
import type { Options } from './options.ts'
import { CLIENT_CORE, SERVER_CORE, type Server } from './server.ts'
import { ratioOf, type Spread, spreadOf } from './statistics.ts'

type Result = Comparison['results'][number]

/** What has to be known to judge the numbers or to get them again. */
export function headOf(options: Options, versions: readonly string[], args: readonly string[]): string {
  const { rounds, secondsPerRun } = options
  return lines(
    `command   node test/bench/peers.ts ${args.join(' ')}`.trim(),
    `date      ${new Date().toISOString()}`,
    `machine   ${machine()}`,
    `versions  node ${process.version}, ${versions.join(', ')}`,
    `load      ${rounds} rounds of ${secondsPerRun} s for each server; dnsperf -c ${CLIENTS} -T 1 -q ${OUTSTANDING}, UDP, no EDNS,`,
    `          one name; server on core ${SERVER_CORE}, dnsperf and upstream on core ${CLIENT_CORE}`,
    'columns   CPU microseconds per answered query: median, min, max; then medians of: queries per second, answered,',
    '          share of its core that the server had, and that others had meanwhile',
  )
}

/** A scenario as a table, and the ratios. */
export function tableOf({ scenario, results }: Comparison): string {
  const feddns = results.find(({ name }) => name === 'feddns')
  const peers = results.filter((result) => result !== feddns)
  return lines(
    `${scenario.title}: ${scenario.name} A`,
    `  ${scenario.note}`,
    ...results.map(({ name, reply }) => {
      const { rcode, answer, authority, octets } = reply
      const sections = [...answer, ...authority.map((type) => `(${type})`)].join(' ')
      return `  ${name.padEnd(12)} answers ${`${rcode} ${sections}`.trim()}, ${octets} octets`
    }),
    `  ${''.padEnd(18)}${cells('µs/query', 'min', 'max', 'queries/s', 'answered', 'busy', 'others')}`,
    ...results.map(rowOf),
    ...(feddns === undefined ? [] : peers.map((peer) => ratioRow(feddns, peer))),
  )
}

function rowOf({ name, runs }: Result): string {
  const micros = spreadOf(runs.map((run) => run.microsPerQuery))
  const median = (of: (run: Result['runs'][number]) => number) => spreadOf(runs.map(of)).median
  return `  ${name.padEnd(18)}${cells(
    ...figures(micros),
    Math.round(median((run) => run.queriesPerSecond)).toString(),
    `${median((run) => run.answeredPercent).toFixed(2)}%`,
    `${median((run) => run.busyPercent).toFixed(0)}%`,
    `${median((run) => run.othersPercent).toFixed(0)}%`,
  )}`
}

function ratioRow(feddns: Result, peer: Result): string {
  const micros = ({ runs }: Result) => runs.map((run) => run.microsPerQuery)
  return `  ${ratioName(peer.name).padEnd(18)}${cells(...figures(ratioOf(micros(feddns), micros(peer))))}`
}

const ratioName = (peer: Server['name']): string => `feddns/${peer}`

const figures = ({ median, min, max }: Spread): string[] => [median, min, max].map((value) => value.toFixed(2))

const cells = (...texts: readonly string[]): string => texts.map((text) => text.padStart(10)).join('')

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`
