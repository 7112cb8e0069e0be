import { CLIENTS, OUTSTANDING } from '../dnsperf.ts'
import { machine } from '../machine.ts'
import type { Options } from '../options.ts'
import { CLIENT_CORE, SERVER_CORE } from '../server.ts'
import { medianInterval, ratiosOf, type Spread, spreadOf } from '../statistics.ts'
import type { Comparison, Result } from './compare.ts'
import type { Turn } from './turn.ts'

/** What has to be known to judge the numbers or to get them again. */
export function headOf(
  { rounds, secondsPerRun }: Options,
  versions: readonly string[],
  args: readonly string[],
): string {
  return lines(
    `command   node test/bench/forwarding.ts ${args.join(' ')}`.trim(),
    `date      ${new Date().toISOString()}`,
    `machine   ${machine()}`,
    `versions  node ${process.version}, ${versions.join(', ')}`,
    `load      ${rounds} rounds of ${secondsPerRun} s for each server; dnsperf -c ${CLIENTS} -T 1 -q ${OUTSTANDING}, UDP, no EDNS;`,
    `          server on core ${SERVER_CORE}, dnsperf and upstream on core ${CLIENT_CORE}`,
    'columns   CPU microseconds per answered query: median, min, max; then medians of: queries per second, answered,',
    '          questions to the upstream per answer, and the shares of a core: the server of its own, others of that,',
    '          the upstream of the other. Ratios are made within a round: median, min, max, and an interval that holds',
    '          the median with a chance of 95 % or more',
  )
}

/** A scenario as a table, and the ratios. */
export function tableOf({ scenario, results }: Comparison): string {
  const feddns = results.find(({ name }) => name === 'feddns')
  const peers = results.filter((result) => result !== feddns)
  return lines(
    scenario.title,
    ...results.map(
      ({ name, reply }) => `  ${name} answers ${reply.rcode} ${reply.answer.join(' ')}, ${reply.octets} octets`,
    ),
    `  ${''.padEnd(16)}${cells('µs/query', 'min', 'max', 'queries/s', 'answered', 'asked on', 'busy', 'others', 'upstream')}`,
    ...results.map(rowOf),
    `  ${''.padEnd(16)}${cells('ratio', 'min', 'max', 'from', 'to')}`,
    ...(feddns === undefined ? [] : peers.map((peer) => ratioRow(feddns, peer))),
  )
}

function rowOf({ name, turns }: Result): string {
  const median = (of: (turn: Turn) => number) => spreadOf(turns.map(of)).median
  return `  ${name.padEnd(16)}${cells(
    ...figures(spreadOf(turns.map((turn) => turn.microsPerQuery))),
    Math.round(median((turn) => turn.queriesPerSecond)).toString(),
    `${median((turn) => turn.answeredPercent).toFixed(2)}%`,
    median((turn) => turn.upstreamPerQuery).toFixed(3),
    `${median((turn) => turn.busyPercent).toFixed(0)}%`,
    `${median((turn) => turn.othersPercent).toFixed(0)}%`,
    `${median((turn) => turn.upstreamBusyPercent).toFixed(0)}%`,
  )}`
}

function ratioRow(feddns: Result, peer: Result): string {
  const micros = ({ turns }: Result) => turns.map((turn) => turn.microsPerQuery)
  const ratios = ratiosOf(micros(feddns), micros(peer))
  const interval = medianInterval(ratios)
  const bounds = interval === undefined ? ['-', '-'] : [interval.low, interval.high].map((value) => value.toFixed(2))
  return `  ${`feddns/${peer.name}`.padEnd(16)}${cells(...figures(spreadOf(ratios)), ...bounds)}`
}

const figures = ({ median, min, max }: Spread): string[] => [median, min, max].map((value) => value.toFixed(2))

const cells = (...texts: readonly string[]): string => texts.map((text) => text.padStart(10)).join('')

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`
