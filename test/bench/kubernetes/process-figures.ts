import { readFileSync } from 'node:fs'
import { processTicks, tickMicros } from '../cpu-time.ts'

const TICK_SECONDS = tickMicros() / 1e6

/** User and system time of a process so far, all its threads together. */
export const cpuSeconds = (pid: number): number => processTicks(pid) * TICK_SECONDS

/** Resident memory of a process, now and at most (`proc(5)`). */
export function residentMegabytes(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
  return { now: read('VmRSS'), most: read('VmHWM') }
}
