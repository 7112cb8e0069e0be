import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Behaviour, Counts, Report, Setup, Told } from './upstream-server.ts'

const SERVER = fileURLToPath(new URL('./upstream-server.ts', import.meta.url))

export type { Behaviour, Counts }

interface Options {
  readonly tls?: Setup['tls']
  /** Of a server that answers at once, unless given. */
  readonly behaviour?: Partial<Behaviour>
}

/** A name server that runs as a process of its own on 127.0.0.1, and fails as it is told. */
export class Upstream implements AsyncDisposable {
  readonly #child: ChildProcess
  #last: Promise<Report>

  private constructor(child: ChildProcess, setup: Setup) {
    this.#child = child
    // Nothing is left behind when we are cut short.
    process.once('exit', this.#killNow)
    this.#last = this.#tell({ setup })
  }

  static async start({ tls, behaviour }: Options = {}): Promise<Upstream> {
    const child = fork(SERVER, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const all: Behaviour = { answers: 'data', delayMs: 0, isOpen: true, octet: 1, ...behaviour }
    const upstream = new Upstream(child, { port: 0, behaviour: all, ...(tls && { tls }) })
    await upstream.#last
    upstream.port = (await upstream.#last).port
    return upstream
  }

  port = 0

  /** Resolves when it is so. */
  async behave(change: Partial<Behaviour>): Promise<void> {
    await this.#next({ behave: change })
  }

  /** What came so far; that which was lost on the way did not. */
  async counts(): Promise<Counts> {
    return await this.#next({ count: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#killNow)
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  readonly #killNow = (): void => void this.#child.kill('SIGKILL')

  // One at a time, so that each report is that of what was told.
  #next(told: Told): Promise<Report> {
    this.#last = this.#last.then(() => this.#tell(told))
    return this.#last
  }

  async #tell(told: Told): Promise<Report> {
    const cut = new AbortController()
    const { signal } = cut
    const report = once(this.#child, 'message', { signal })
    const exited = once(this.#child, 'exit', { signal }).then(() => Promise.reject(new Error('the upstream has ended')))
    this.#child.send(told)
    try {
      return ((await Promise.race([report, exited])) as [Report])[0]
    } finally {
      cut.abort()
      await Promise.allSettled([report, exited])
    }
  }
}
