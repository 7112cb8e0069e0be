import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const PROGRAM = join(import.meta.dirname, '../../cmd/feddns.ts')
const GIVE_UP_MS = 30_000

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface Spawning {
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
}

/** Starts the program as a process of its own, without the environment of this one. */
export const startFeddns = (args: readonly string[], { env = {}, ...user }: Spawning = {}) =>
  spawn(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: GIVE_UP_MS,
    ...user,
  })

/** Runs the program to its end. */
export async function feddns(args: readonly string[], spawning?: Spawning): Promise<Ended> {
  const child = startFeddns(args, spawning)
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: Number(code), stdout, stderr }
}
