import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../lib/base/error-text.ts'
import type { Children } from './children.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export const EXIT = { done: 0, failed: 1, cannotRun: 2, interrupted: 130 }

/** Runs `work`; whatever comes of it, and on a signal, no process and no file of it is left. The exit code. */
export async function untilInterrupted(children: Children, work: (folder: string) => Promise<void>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'feddns-bench-'))
  const interrupted = Promise.withResolvers<number>()
  for (const signal of SIGNALS) process.once(signal, () => interrupted.resolve(EXIT.interrupted))
  process.once('exit', () => children.kill())
  try {
    return await Promise.race([work(folder).then(() => EXIT.done), interrupted.promise])
  } catch (error) {
    console.error(messageOf(error))
    return EXIT.failed
  } finally {
    await children.end()
    await rm(folder, { recursive: true })
  }
}
