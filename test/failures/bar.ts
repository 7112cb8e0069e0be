import type { Fault } from './faults.ts'
import type { Measured } from './measure.ts'

const SLOWER_MS = 20
const RETURN_SECONDS = 10
// An upstream that nobody asked while all was well cannot be seen to fail.
const USED_PERCENT = 10
// If the load itself was late by more, the p99 is one of the machine.
const NOISE_MS = 5

/** What of the bar was missed; nothing if it was met. */
export function missed({ healthy, later, all, returnSeconds }: Measured): readonly string[] {
  const isLate = returnSeconds === undefined || returnSeconds > RETURN_SECONDS
  return [
    ...(healthy.firstPercent < USED_PERCENT ? ['unused'] : []),
    ...(all.answeredPercent < 100 ? ['answered'] : []),
    ...(later.p99Ms > healthy.p99Ms + SLOWER_MS ? ['p99'] : []),
    ...(isLate ? ['return'] : []),
  ]
}

export interface Row {
  readonly fault: Fault
  readonly policy: string
  readonly perSecond: number
  readonly measured: Measured
}

const COLUMNS: readonly (readonly [title: string, width: number, cell: (row: Row) => string])[] = [
  ['fault', -15, ({ fault }) => fault.id],
  ['policy', -10, ({ policy }) => policy],
  ['q/s', 5, ({ perSecond }) => String(perSecond)],
  ['answered', 9, ({ measured }) => `${percent(measured.all.answeredPercent)}%`],
  ['worst', 6, ({ measured }) => ms(measured.all.worstMs)],
  ['healthy', 13, ({ measured: { healthy } }) => `${ms(healthy.p50Ms)}/${ms(healthy.p99Ms)}`],
  ['first 3 s', 13, ({ measured: { first } }) => `${ms(first.p50Ms)}/${ms(first.p99Ms)}`],
  ['then', 13, ({ measured: { later } }) => `${ms(later.p50Ms)}/${ms(later.p99Ms)}`],
  ['back', 6, ({ measured }) => measured.returnSeconds?.toFixed(1) ?? 'never'],
  ['share', 13, ({ measured: { healthy, later } }) => `${whole(healthy.firstPercent)}%/${whole(later.firstPercent)}%`],
  [
    'upstream',
    11,
    ({ measured }) => `${measured.healthyUpstreamQueries.toFixed(2)}/${measured.faultUpstreamQueries.toFixed(2)}`,
  ],
  ['late', 8, ({ measured: { healthy, later } }) => `${whole(healthy.lateP99Ms)}/${whole(later.lateP99Ms)}`],
  ['missed', 1, ({ measured }) => `  ${missed(measured).join(' ') || '-'}${isNoisy(measured) ? ' (noisy)' : ''}`],
]

export const LEGEND = [
  'answered  of all queries from the beginning of the fault on: with the data, within 2 s',
  'worst     the longest of them, in ms; 2000 is no answer',
  'healthy   p50/p99 in ms before the fault; in its first 3 s; and from then to its end',
  'back      seconds from the repair until the upstream had half of its healthy share of the answers again',
  'share     of the answers that came from the upstream that fails: healthy, and after the first 3 s of the fault',
  'upstream  queries to upstreams for one of a client: healthy, and during the fault',
  'late      p99 in ms of how late the load itself was to ask, healthy and then: so much of the times is the machine',
  'missed    of the bar: answered 100 %, p99 at most 20 ms over the healthy one, back within 10 s; noisy if the load was',
  '          late by more than 5 ms: then look at another run',
].map((line) => `  ${line}`)

const isNoisy = ({ healthy, later }: Measured): boolean => Math.max(healthy.lateP99Ms, later.lateP99Ms) > NOISE_MS

export const titleLine = (): string => COLUMNS.map(([title, width]) => pad(title, width)).join(' ')

export const lineOf = (row: Row): string => COLUMNS.map(([, width, cell]) => pad(cell(row), width)).join(' ')

const pad = (text: string, width: number): string => (width < 0 ? text.padEnd(-width) : text.padStart(width))

const ms = (value: number): string => value.toFixed(value < 100 ? 1 : 0)

const whole = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(0))

// Not rounded up: 100 is all of them.
const percent = (value: number): string => (Math.floor(value * 1000) / 1000).toFixed(3)
