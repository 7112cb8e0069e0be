import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { session } from './engine/session.ts'

const USAGE =
  'usage: node test/fuzz/run.ts TARGET... [--minutes N | --executions N] [--seed N] [--keep]\n' +
  'minutes of the processor; --keep: the corpus takes the place of the one in the repository'

const TARGETS = readdirSync(join(import.meta.dirname, 'targets')).map((file) => file.replace(/\.ts$/, ''))
const EXECUTIONS = 100_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string' },
    executions: { type: 'string' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)

// What was done until then counts.
let isStopped = false
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (isStopped = true))

async function main(): Promise<number> {
  if (positionals.length === 0 || positionals.some((name) => !TARGETS.includes(name))) {
    say(`${USAGE}\ntargets: ${TARGETS.join(', ')}`)
    return 2
  }
  const { minutes, seed, keep } = values
  const most = minutes === undefined ? EXECUTIONS : Number.POSITIVE_INFINITY
  let findings = 0
  for (const name of positionals) {
    findings += await session(name, {
      maxSeconds: Number(minutes ?? Number.POSITIVE_INFINITY) * 60,
      maxExecutions: Number(values.executions ?? most),
      seed: Number(seed),
      keepsCorpus: keep,
      say,
      isStopped: () => isStopped,
    })
  }
  return findings === 0 ? 0 : 1
}

process.exitCode = await main()
