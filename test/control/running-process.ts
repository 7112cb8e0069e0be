import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const PROGRAM = join(import.meta.dirname, 'control-process.ts')

/** Another process with a control socket at the path, whose cache has one name. */
export async function startProcess(path: string, name: string): Promise<RunningProcess> {
  const child = spawn(process.execPath, [PROGRAM, path, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', resolve)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)))
  })
  return new RunningProcess(child, said.trim())
}

export class RunningProcess implements AsyncDisposable {
  /** `listening`, or `took over`. */
  readonly said: string
  readonly #child: ChildProcess

  constructor(child: ChildProcess, said: string) {
    this.#child = child
    this.said = said
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill(signal)
    await once(this.#child, 'exit')
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
  }
}
