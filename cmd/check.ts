import { loadConfig } from '../lib/config/load-config.ts'

interface Options {
  readonly config: string
  readonly env: NodeJS.ProcessEnv
  readonly print: (line: string) => void
}

/** Prints every problem and every warning of a configuration. The exit code: 1 if there is a problem. */
export async function check({ config, env, print }: Options): Promise<number> {
  const { problems, warnings } = await loadConfig(config, env, Date.now())
  for (const problem of problems) print(`problem: ${problem}`)
  for (const warning of warnings) print(`warning: ${warning}`)
  print(problems.length === 0 ? `${config} is valid` : `${config} has ${count(problems.length, 'problem')}`)
  return problems.length === 0 ? 0 : 1
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
