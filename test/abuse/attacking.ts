import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Attack } from './attacks.ts'
import { NAMES, type Victim } from './victim.ts'

export interface Attempts {
  readonly opened: number
  readonly failed: number
}

interface Options {
  readonly seed: number
  /** At most so many connections at a time. */
  readonly connections?: number
  /** What the process is started by, such as `taskset -c 1`. */
  readonly prefix?: readonly string[]
}

/** An attack that is under way, by a process of its own. */
export class Attacking implements AsyncDisposable {
  readonly #child: ChildProcess

  constructor({ id, isTls }: Attack, victim: Victim, { seed, connections = 65_536, prefix = [] }: Options) {
    const script = join(import.meta.dirname, 'abuser.ts')
    const port = isTls ? victim.tlsPort : victim.port
    const args = [id, '127.0.0.1', port, seed, NAMES.web, NAMES.big, connections].map(String)
    const [program = '', ...words] = [...prefix, process.execPath, script, ...args]
    this.#child = spawn(program, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }

  /** How many connections were opened, and how many could not be. */
  async stop(): Promise<Attempts> {
    if (this.#child.exitCode !== null) throw new Error(`the attacker has ended: ${this.#child.exitCode}`)
    this.#child.send('stop')
    const [attempts] = (await once(this.#child, 'message')) as [Attempts]
    return attempts
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
