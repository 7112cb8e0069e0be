import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const PATIENCE_MS = 5000
const KEPT_OCTETS = 4000
// The system kills it when the process that started it dies; NSD's own children follow it.
const ENDING_WITH_US = ['setpriv', '--pdeathsig', 'KILL'] as const

/** A name server that runs in the foreground until it is disposed of, and in any case no longer than this process. */
export class PeerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  /** The end of what it wrote. */
  written = ''

  constructor(server: readonly [string, ...string[]]) {
    const [command, ...args] = [...ENDING_WITH_US, ...server]
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.written = (this.written + text).slice(-KEPT_OCTETS)
      })
    }
    this.#child.on('error', (error) => {
      this.written += error.message
    })
    this.#closed = once(this.#child, 'close').catch(() => {})
  }

  get hasEnded(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS)
    await this.#closed
    clearTimeout(timer)
  }
}
