import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { version } from '../../../cmd/version.ts'
import { messageOf } from '../../../lib/base/error-text.ts'
import { peersMissing } from '../../helpers/real-api-server.ts'
import { sourceOf } from '../../peers/peers.ts'
import { machine } from '../machine.ts'

const ROOT = join(import.meta.dirname, '../../..')
const BUNDLE = join(ROOT, 'dist/feddns.js')
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const EXIT = { done: 0, failed: 1, cannotRun: 2, interrupted: 130 }
const run = promisify(execFile)

/** What came out of a benchmark. */
export interface Outcome {
  /** For people. */
  readonly lines: readonly string[]
  /** For programs: everything. */
  readonly figures: object
  /** Which bars were missed. */
  readonly failures: readonly string[]
}

/** Whole numbers with their defaults, by the name of their flag, and switches, which are off by default. */
interface Flags<N extends string, S extends string> {
  readonly numbers: Readonly<Record<N, number>>
  readonly switches?: readonly S[]
}

type Given<N extends string, S extends string> = Readonly<Record<N, number>> & Readonly<Record<S, boolean>>

/**
 * Runs a benchmark with the flags of the command line, prints what came out, writes it to the file of `--json`, and
 * sets the exit code: 1 if a bar was missed or it failed, 2 if it cannot run here.
 */
export async function runBench<N extends string, S extends string = never>(
  script: string,
  { numbers, switches = [] }: Flags<N, S>,
  work: (given: Given<N, S>) => Promise<Outcome>,
): Promise<void> {
  const reason = process.platform === 'linux' ? peersMissing() : 'the benchmark reads /proc: it needs Linux'
  if (reason !== undefined) {
    process.exitCode = EXIT.cannotRun
    return console.error(reason)
  }
  // Whatever was started ends when we exit, which a signal alone would not make us do.
  for (const signal of SIGNALS) process.once(signal, () => process.exit(EXIT.interrupted))
  try {
    const { given, json } = parse({ numbers, switches })
    const { lines, figures, failures } = await work(given)
    const head = headOf(script)
    console.log([...head, ...lines, ...failures.map((failure) => `FAILED: ${failure}`), ''].join('\n'))
    if (json !== undefined) await writeFile(json, `${JSON.stringify({ head, figures, failures }, undefined, 2)}\n`)
    process.exitCode = failures.length === 0 ? EXIT.done : EXIT.failed
  } catch (error) {
    console.error(error instanceof Error ? error.stack : messageOf(error))
    process.exitCode = EXIT.failed
  }
}

/** What a benchmark is about, on standard error, so that the results stay apart. */
export const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)

/** Builds the program as it is delivered: the words of the command that runs it. */
export async function bundle(): Promise<readonly string[]> {
  await run('npm', ['run', 'build'], { cwd: ROOT })
  return [process.execPath, BUNDLE]
}

function parse<N extends string, S extends string>({ numbers, switches = [] }: Flags<N, S>) {
  const texts = [...Object.keys(numbers), 'json'].map((name) => [name, { type: 'string' as const }] as const)
  const booleans = switches.map((name) => [name, { type: 'boolean' as const }] as const)
  const parsed = parseArgs({ options: Object.fromEntries([...texts, ...booleans]) })
  const values: Readonly<Record<string, unknown>> = parsed.values
  const given: Record<string, number | boolean> = {}
  for (const [name, otherwise] of Object.entries<number>(numbers)) {
    const text = values[name]
    if (text !== undefined && !(typeof text === 'string' && /^\d{1,7}$/.test(text)))
      throw new RangeError(`--${name} takes a whole number`)
    given[name] = text === undefined ? otherwise : Number(text)
  }
  for (const name of switches) given[name] = values[name] === true
  const json = values['json']
  return { given: given as Given<N, S>, json: typeof json === 'string' ? json : undefined }
}

// What has to be known to judge the numbers or to get them again.
function headOf(script: string): readonly string[] {
  const { version: kubernetes } = sourceOf('kube-apiserver')
  const { version: etcd } = sourceOf('etcd')
  const load = readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ')
  return [
    `command   node test/bench/kubernetes/${script} ${process.argv.slice(2).join(' ')}`.trimEnd(),
    `date      ${new Date().toISOString()}`,
    `machine   ${machine()}; load average at the end ${load}`,
    `versions  node ${process.version}, feddns ${version}, kube-apiserver ${kubernetes}, etcd ${etcd}`,
  ]
}
