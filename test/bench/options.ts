import { parseArgs } from 'node:util'
import { SCENARIOS, type Scenario } from './scenarios.ts'

export interface Options {
  readonly rounds: number
  readonly secondsPerRun: number
  readonly scenarios: readonly Scenario[]
  /** Where the result goes as JSON as well. */
  readonly jsonFile: string | undefined
}

export const USAGE = `npm run bench -- [--rounds N] [--seconds N] [--only SCENARIO] [--json FILE]

  --rounds N       how often each server has its turn in each scenario, 1 to 100 (default 5)
  --seconds N      length of a run, 1 to 600 (default 5)
  --only SCENARIO  one of ${SCENARIOS.map(({ id }) => id).join(', ')}
  --json FILE      write the result, with every run, to this file as well`

/** The options, or what is wrong with them. */
export function parseOptions(args: string[]): { options: Options } | { problem: string } {
  try {
    const { values } = parseArgs({ args, options: FLAGS })
    const scenarios = SCENARIOS.filter(({ id }) => values.only === undefined || id === values.only)
    if (scenarios.length === 0) return { problem: `--only "${values.only}" is no scenario` }
    const rounds = wholeNumber('--rounds', values.rounds, 100)
    const secondsPerRun = wholeNumber('--seconds', values.seconds, 600)
    return { options: { rounds, secondsPerRun, scenarios, jsonFile: values.json } }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

const FLAGS = {
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '5' },
  only: { type: 'string' },
  json: { type: 'string' },
} as const

function wholeNumber(flag: string, given: string, most: number): number {
  const value = Number(given)
  if (!/^\d+$/.test(given) || value < 1 || value > most) {
    throw new RangeError(`${flag} "${given}" is no whole number from 1 to ${most}`)
  }
  return value
}
