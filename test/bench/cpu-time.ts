import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const PROCESS_UTIME = 11 // counted from the state, which is the first field behind the name
const PROCESS_STIME = 12
const [IDLE, IOWAIT, GUEST] = [3, 4, 8]

/** How long a tick of /proc is, in microseconds. */
export const tickMicros = (): number => 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** User and system time of a process so far, all its threads together, in ticks (`proc(5)`). */
export const processTicks = (pid: number): number => ticksInStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))

/** The same, of the text of a `stat` file. The name of a process may hold anything, parentheses too. */
export function ticksInStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[PROCESS_UTIME]) + Number(fields[PROCESS_STIME])
}

/** How long a core was not idle so far, in ticks, whoever had it. */
export function coreTicks(core: number): number {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`cpu${core} `))
  const fields = line?.split(/ +/).slice(1).map(Number) ?? []
  // Guest time is in user time already.
  return fields.reduce((sum, ticks, i) => (i === IDLE || i === IOWAIT || i >= GUEST ? sum : sum + ticks), 0)
}
