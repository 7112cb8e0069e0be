import { messageOf } from '../../lib/base/error-text.ts'
import type { Runtime } from './runtime.ts'

/**
 * A fault of ours that nobody expected is told and counted, and the process goes on: what one packet sets off must not take
 * away everybody's names. Not before we listen: what cannot start is to end.
 */
export function surviveFaults({ counters, warn }: Pick<Runtime, 'counters' | 'warn'>): void {
  const onFault = (error: unknown) => {
    counters.unexpectedFaults++
    warn('unexpected', 'a fault of ours that nobody expected', {
      error: error instanceof Error ? error.stack : messageOf(error),
    })
  }
  process.on('uncaughtException', onFault)
  process.on('unhandledRejection', onFault)
}
