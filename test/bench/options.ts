import { parseArgs } from 'node:util'

export interface Options {
  readonly rounds: number
  readonly secondsPerRun: number
  /** The ids of the scenarios that are wanted. */
  readonly scenarios: readonly string[]
  /** Where the result goes as JSON as well. */
  readonly jsonFile: string | undefined
}

/** What can be asked for: the scenarios, and how often and how long if that is not said. */
export interface Choice {
  readonly command: string
  readonly scenarios: readonly string[]
  readonly rounds: number
  readonly seconds: number
}

export const usageOf = ({ command, scenarios, rounds, seconds }: Choice): string => `npm run ${command} -- [options]

  --rounds N       how often each server has its turn in each scenario, 1 to 100 (default ${rounds})
  --seconds N      length of a run, 1 to 600 (default ${seconds})
  --only SCENARIO  one of ${scenarios.join(', ')}
  --json FILE      write the result, with every run, to this file as well`

/** The options, or what is wrong with them. */
export function parseOptions(args: string[], choice: Choice): { options: Options } | { problem: string } {
  try {
    const { values } = parseArgs({ args, options: FLAGS })
    const scenarios = choice.scenarios.filter((id) => values.only === undefined || id === values.only)
    if (scenarios.length === 0) return { problem: `--only "${values.only}" is no scenario` }
    const rounds = wholeNumber('--rounds', values.rounds ?? String(choice.rounds), 100)
    const secondsPerRun = wholeNumber('--seconds', values.seconds ?? String(choice.seconds), 600)
    return { options: { rounds, secondsPerRun, scenarios, jsonFile: values.json } }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

const FLAGS = {
  rounds: { type: 'string' },
  seconds: { type: 'string' },
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
