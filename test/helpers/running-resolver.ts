import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const ROOT = join(import.meta.dirname, '../..')
const START_MS = 60_000
const WAIT_MS = 10_000

/** A line of the log; every line has these, and fields of its own. */
export interface LogLine {
  readonly level: string
  readonly time: string
  readonly msg: string
  readonly [field: string]: unknown
}

interface Options {
  /** Path of the configuration file. */
  readonly config: string
  /** What is run; `resolver --config FILE` follows. This program run from its source, unless given. */
  readonly command?: readonly string[]
  /** Flags after these. */
  readonly flags?: readonly string[]
  /** Added to the environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Starts a resolver as a process of its own, and waits until it listens. Rejects, with its log, if it ends before. */
export async function startResolver(options: Options): Promise<RunningResolver> {
  const resolver = new RunningResolver(spawnResolver(options))
  try {
    await resolver.logged(({ msg }) => msg === 'listening', START_MS)
    return resolver
  } catch (error) {
    await resolver.kill()
    throw error
  }
}

function spawnResolver({ config, command, flags = [], env = {} }: Options): ChildProcess {
  const [program, ...words] = command ?? [process.execPath, join(ROOT, 'cmd/feddns.ts')]
  return spawn(program as string, [...words, 'resolver', '--config', config, ...flags], {
    cwd: ROOT,
    // Variables of the machine that the tests run on must not change what is tested.
    env: { ...process.env, NODE_NAME: undefined, FEDDNS_CONFIG: undefined, FEDDNS_LOG_LEVEL: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export class RunningResolver implements AsyncDisposable {
  /** What it has logged so far, as parsed; a line that is not JSON is in `notJson`. */
  readonly log: LogLine[] = []
  readonly notJson: string[] = []
  readonly exited: Promise<Exit>
  stderr = ''
  #exit: Exit | undefined
  readonly #child: ChildProcess
  readonly #events = new EventEmitter<{ change: [] }>().setMaxListeners(0)

  constructor(child: ChildProcess) {
    this.#child = child
    // Nothing is left behind when the tests are cut short.
    process.once('exit', this.#killNow)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => this.#take(line))
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => this.#end({ code: null, signal: null }, resolve, error.message))
      child.once('close', (code, signal) => this.#end({ code, signal }, resolve))
    })
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** `host:port` of each address, as bound by the last configuration that was taken. */
  get addresses(): readonly string[] {
    return (this.#listening()?.['addresses'] ?? []) as readonly string[]
  }

  /** The port of the first address. */
  get port(): number {
    return portOf(this.addresses[0])
  }

  /** `http://host:port` of the metrics and health pages. */
  get httpUrl(): string {
    return `http://${String(this.#listening()?.['http'])}`
  }

  /** Waits for a line that matches, from line `from` of the log on; the lines that are there already count. */
  async logged(matches: (line: LogLine) => boolean, timeoutMs = WAIT_MS, from = 0): Promise<LogLine> {
    const tooLate = AbortSignal.timeout(timeoutMs)
    for (;;) {
      const found = this.log.slice(from).find(matches)
      if (found !== undefined) return found
      if (this.#exit !== undefined) throw new Error(`the resolver has ended: ${this.#story()}`)
      await once(this.#events, 'change', { signal: tooLate }).catch(() => {
        throw new Error(`no such line of the log within ${timeoutMs} ms: ${this.#story()}`)
      })
    }
  }

  /** Does something, and waits for a line that matches and was logged after it. */
  async loggedAfter(act: () => unknown, matches: (line: LogLine) => boolean, timeoutMs = WAIT_MS): Promise<LogLine> {
    const from = this.log.length
    await act()
    return this.logged(matches, timeoutMs, from)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Asks it to end, by SIGTERM, and waits until it has. */
  async stop(): Promise<Exit> {
    this.signal('SIGTERM')
    return this.exited
  }

  async kill(): Promise<void> {
    if (this.#exit === undefined) this.signal('SIGKILL')
    await this.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  readonly #killNow = (): void => void this.#child.kill('SIGKILL')

  #take(line: string): void {
    const parsed = parseJson(line)
    if (parsed === undefined) this.notJson.push(line)
    else this.log.push(parsed)
    this.#events.emit('change')
  }

  #end(exit: Exit, resolve: (exit: Exit) => void, why = ''): void {
    process.off('exit', this.#killNow)
    this.#exit ??= exit
    this.stderr += why
    this.#events.emit('change')
    resolve(exit)
  }

  #listening(): LogLine | undefined {
    return this.log.findLast(({ msg }) => msg === 'listening')
  }

  #story(): string {
    const lines = [...this.log.map((line) => JSON.stringify(line)), ...this.notJson, this.stderr]
    return [JSON.stringify(this.#exit), ...lines].join('\n')
  }
}

function parseJson(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine
  } catch {
    return undefined
  }
}

/** The port of `host:port` or `[host]:port`. */
export function portOf(address: string | undefined): number {
  const port = /:(\d+)$/.exec(address ?? '')?.[1]
  if (port === undefined) throw new Error(`"${address}" has no port`)
  return Number(port)
}
