import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'

const PATIENCE_MS = 2000
const KEPT_OCTETS = 2000

/** A server that runs. */
export interface Child {
  readonly pid: number
  /** What it writes on standard output. */
  readonly lines: Interface
  /** Rejects when it ends, with the end of what it wrote. */
  readonly ended: Promise<never>
  /** Asks it to end, makes it end if it does not, and waits for that. */
  end(): Promise<void>
}

/** Every process that the benchmark starts, each bound to a core, so that none outlives it. */
export class Children {
  readonly #running = new Set<ChildProcess>()
  readonly #taskset: string
  #ended = false

  constructor(taskset: string) {
    this.#taskset = taskset
  }

  start(core: number, [command, ...args]: readonly [string, ...string[]]): Child {
    const child = this.#spawn(core, command, args)
    let written = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        written = (written + chunk.toString()).slice(-KEPT_OCTETS)
      })
    }
    const ended = once(child, 'close').then(([code, signal]) => {
      throw new Error(`${command} ended with ${String(code ?? signal)}\n${written}`)
    })
    // Whoever waits for something else of this child races with it.
    ended.catch(() => {})
    if (child.pid === undefined || child.stdout === null) throw new Error(`cannot start ${command}`)
    return { pid: child.pid, lines: createInterface(child.stdout), ended, end: () => endOne(child) }
  }

  /** Runs a program to its end: what it wrote on standard output. Rejects if it fails. */
  async run(core: number, [command, ...args]: readonly [string, ...string[]]): Promise<string> {
    const child = this.#spawn(core, command, args)
    let output = ''
    let errors = ''
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    const [code, signal] = await once(child, 'close')
    if (code !== 0) throw new Error(`${command} ended with ${String(code ?? signal)}\n${errors}`)
    return output
  }

  /** Ends all of them, by force those that do not end by themselves. No more can be started. */
  async end(): Promise<void> {
    this.#ended = true
    await Promise.all([...this.#running].map(endOne))
  }

  /** The same, for a process that is about to end itself and cannot wait. */
  kill(): void {
    for (const child of this.#running) child.kill('SIGKILL')
  }

  #spawn(core: number, command: string, args: readonly string[]): ChildProcess {
    if (this.#ended) throw new Error('the benchmark is ending')
    // taskset becomes the program, so the pid is that of the program. In a group of its own it does not get the Ctrl-C
    // that we get: we end it.
    const child = spawn(this.#taskset, ['-c', String(core), command, ...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
    return child
  }
}

async function endOne(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  const force = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  child.kill('SIGTERM')
  await exited
  clearTimeout(force)
}
