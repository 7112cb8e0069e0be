import { BACK, type UnderAbuse } from './under-abuse.ts'

const SLOWER = 3

const WIDTHS = [-17, 9, 7, 13, 13, 6, 11, 6, 14, 14, 7]

export const TITLE = row([
  'attack',
  'opened',
  'open',
  'quiet p50/p99',
  'then p50/p99',
  'ratio',
  'late',
  'lost',
  'MB',
  'fds',
  'back s',
])

export function lineOf(
  id: string,
  { quiet, attacked, attempts, before, most, after, backMs, openAtMost }: UnderAbuse,
): string {
  const of = (read: (holdings: typeof before) => number) => [before, most, after].map((one) => read(one).toFixed(0))
  return row([
    id,
    String(attempts.opened),
    String(openAtMost),
    `${quiet.p50Ms.toFixed(2)}/${quiet.p99Ms.toFixed(2)}`,
    `${attacked.p50Ms.toFixed(2)}/${attacked.p99Ms.toFixed(2)}`,
    (attacked.p99Ms / quiet.p99Ms).toFixed(2),
    `${quiet.lateP99Ms.toFixed(1)}/${attacked.lateP99Ms.toFixed(1)}`,
    String(quiet.lost + attacked.lost),
    of(({ megabytes }) => megabytes).join(' '),
    of(({ descriptors }) => descriptors).join(' '),
    (backMs / 1000).toFixed(1),
  ])
}

/** What of the bar was missed; nothing if it was met. */
export function missed({ quiet, attacked, before, after }: UnderAbuse): string[] {
  return [
    ...(attacked.lost > 0 ? [`${attacked.lost} queries were lost`] : []),
    ...(attacked.p99Ms > SLOWER * quiet.p99Ms ? ['p99 is more than 3 times the quiet one'] : []),
    ...(after.megabytes > BACK * before.megabytes ? ['the memory did not come back'] : []),
    ...(after.descriptors > before.descriptors ? ['descriptors are left open'] : []),
  ]
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => ((WIDTHS[i] ?? 0) < 0 ? cell.padEnd(17) : cell.padStart(WIDTHS[i] ?? 0))).join(' ')
}
