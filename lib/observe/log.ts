import { type Logger, pino } from 'pino'
import type { Clock } from '../base/clock.ts'

export type { Logger } from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** JSON lines on standard output. */
export const createLogger = (level: LogLevel): Logger =>
  pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (name) => ({ level: name }) },
  })

const QUIET_MS = 10_000
const MAX_CAUSES = 1000

/** Says a thing of a cause at most once in 10 s; the next line tells how often it was left unsaid. */
export type LimitedWarn = (cause: string, message: string, fields?: Readonly<Record<string, unknown>>) => void

export function limitedWarn(log: Logger, clock: Clock): LimitedWarn {
  const causes = new Map<string, { saidMs: number; unsaid: number }>()
  return (cause, message, fields = {}) => {
    const nowMs = clock.now()
    const before = causes.get(cause)
    if (before !== undefined && nowMs - before.saidMs < QUIET_MS) {
      before.unsaid++
      return
    }
    if (causes.size >= MAX_CAUSES) causes.clear()
    causes.set(cause, { saidMs: nowMs, unsaid: 0 })
    log.warn({ ...fields, ...(before?.unsaid && { unsaid: before.unsaid }) }, message)
  }
}
