import type { LogLine } from '../helpers/running-resolver.ts'

const WINDOW_MS = 60_000
// Of one cause a line comes at most every 10 s; the window may begin just before one.
const MOST_IN_A_WINDOW = 8
const LOUD: ReadonlySet<string> = new Set(['warn', 'error', 'fatal'])
// They change from line to line though the cause is the same.
const VARIABLE: ReadonlySet<string> = new Set(['time', 'unsaid', 'error', 'name'])

/** Warnings and errors that come more often than their limit allows, with how often in the worst minute. */
export function repeats(log: readonly LogLine[]): { readonly line: string; readonly inAMinute: number }[] {
  const times = new Map<string, number[]>()
  for (const line of log) {
    if (!LOUD.has(line.level)) continue
    const kept = Object.entries(line).filter(([key]) => !VARIABLE.has(key))
    const cause = JSON.stringify(Object.fromEntries(kept))
    times.set(cause, [...(times.get(cause) ?? []), Date.parse(line.time)])
  }
  return [...times]
    .map(([line, all]) => ({ line, inAMinute: mostInAWindow(all) }))
    .filter(({ inAMinute }) => inAMinute > MOST_IN_A_WINDOW)
}

function mostInAWindow(times: readonly number[]): number {
  let most = 0
  for (let first = 0, last = 0; last < times.length; last++) {
    while ((times[last] as number) - (times[first] as number) > WINDOW_MS) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}
