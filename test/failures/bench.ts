import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { version } from '../../cmd/version.ts'
import { messageOf } from '../../lib/base/error-text.ts'
import { machine } from '../bench/machine.ts'
import { isInside, runInOwnNetwork, whyNoNetwork } from './own-network.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const EXIT = { done: 0, failed: 1, cannotRun: 2, interrupted: 130 }

/** What came out of a benchmark. */
interface Outcome {
  /** Everything, for programs. */
  readonly figures: object
  /** Which bars were missed. */
  readonly failures: readonly string[]
}

/** What is wrong with a command line. */
export class WrongUsage extends Error {}

/**
 * Runs a benchmark in a network namespace of its own. It prints as it goes; the figures are written to a file if that is
 * wanted. The exit code is 1 if a bar was missed or it failed, 2 if it cannot run here.
 */
export async function runBench(script: string, jsonFile: string | undefined, work: () => Promise<Outcome>) {
  if (!isInside()) {
    const reason = whyNoNetwork()
    if (reason !== undefined) throw new WrongUsage(reason)
    process.exitCode = (await runInOwnNetwork(script, process.argv.slice(2))).code
    return
  }
  // Whatever was started ends when we exit, which a signal alone would not make us do.
  for (const signal of SIGNALS) process.once(signal, () => process.exit(EXIT.interrupted))
  try {
    console.log(headOf().join('\n'))
    const { figures, failures } = await work()
    console.log(['', ...failures.map((failure) => `MISSED: ${failure}`), `${loadAverage()} at the end`].join('\n'))
    if (jsonFile !== undefined) await writeFile(jsonFile, `${JSON.stringify({ figures, failures }, undefined, 2)}\n`)
    process.exitCode = failures.length === 0 ? EXIT.done : EXIT.failed
  } catch (error) {
    console.error(error instanceof Error ? error.stack : messageOf(error))
    process.exitCode = EXIT.failed
  }
}

/** Does it; what is wrong with the command line is told, with how it is used. */
export async function orUsage(usage: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`)
    process.exitCode = EXIT.cannotRun
  }
}

/** Some of what there is, as named in a list with commas; all if nothing is named. */
export function chosen<T>(flag: string, given: string | undefined, all: ReadonlyMap<string, T>): readonly T[] {
  if (given === undefined) return [...all.values()]
  return given.split(',').map((name) => {
    const one = all.get(name)
    if (one === undefined) throw new WrongUsage(`--${flag} "${name}" is none of ${[...all.keys()].join(', ')}`)
    return one
  })
}

export function wholeNumber(flag: string, given: string, most: number): number {
  const value = Number(given)
  if (!/^\d+$/.test(given) || value < 1 || value > most)
    throw new WrongUsage(`--${flag} "${given}" is no whole number from 1 to ${most}`)
  return value
}

const loadAverage = () => `load average ${readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ')}`

// What has to be known to judge the numbers or to get them again.
function headOf(): readonly string[] {
  const [, script = '', ...args] = process.argv
  return [
    `command   node ${script.slice(script.lastIndexOf('test/'))} ${args.join(' ')}`.trimEnd(),
    `date      ${new Date().toISOString()}`,
    `machine   ${machine()}; ${loadAverage()} at the beginning`,
    `versions  node ${process.version}, feddns ${version}`,
  ]
}
