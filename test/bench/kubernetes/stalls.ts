import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { eventually } from '../../helpers/eventually.ts'
import type { RunningResolver } from '../../helpers/running-resolver.ts'

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'loop-delay.mjs')).href

/** The environment of a resolver whose stalls are measured. */
export const STALLS_ENV = { NODE_OPTIONS: `--import ${PRELOAD}` }

/** The longest delays of event loops within one time, in milliseconds. */
export interface Stall {
  readonly resolverMs: number
  /** Of a process that does nothing: this much is the machine, which has others to serve. */
  readonly idleProcessMs: number
}

/** Measures how long the event loop of a resolver was held up, beside one that nothing of its own holds up. */
export class Stalls implements Disposable {
  readonly #resolver: RunningResolver
  readonly #idle: ChildProcess
  #idleStderr = ''

  private constructor(resolver: RunningResolver, idle: ChildProcess) {
    this.#resolver = resolver
    this.#idle = idle
    idle.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#idleStderr += text))
  }

  /** The idle process is to be started before, as it takes a while. */
  static of(resolver: RunningResolver, idle: ChildProcess): Stalls {
    return new Stalls(resolver, idle)
  }

  /** Since this was called last. */
  async take(): Promise<Stall> {
    const [ours, idles] = [this.#resolver.stderr.length, this.#idleStderr.length]
    this.#resolver.signal('SIGUSR2')
    this.#idle.kill('SIGUSR2')
    return eventually(() => ({
      resolverMs: delayIn(this.#resolver.stderr.slice(ours)),
      idleProcessMs: delayIn(this.#idleStderr.slice(idles)),
    }))
  }

  [Symbol.dispose](): void {
    this.#idle.kill()
  }
}

/** Starts a process that does nothing, and waits until it does so. */
export async function idleProcess(): Promise<ChildProcess> {
  const script = "setInterval(() => {}, 1e9); console.log('idle')"
  const child = spawn(process.execPath, ['--import', PRELOAD, '--eval', script], {
    env: { ...process.env, LOOP_DELAY: 'now' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  process.once('exit', () => child.kill())
  if (child.stdout !== null) await once(child.stdout, 'data')
  return child
}

const delayIn = (text: string): number => (JSON.parse(text) as { loopDelayMs: number }).loopDelayMs
