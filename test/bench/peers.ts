// CPU per answered query of feddns, Unbound and dnsmasq, on the same machine and taking turns. See README.md.
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Children } from './children.ts'
import { type Comparison, compare, SERVERS } from './compare.ts'
import { dnsperfVersion } from './dnsperf.ts'
import { type Choice, type Options, parseOptions, usageOf } from './options.ts'
import { findPrograms, type Programs } from './programs.ts'
import { headOf, tableOf } from './report.ts'
import { SCENARIOS } from './scenarios.ts'
import { CLIENT_CORE } from './server.ts'
import { EXIT, untilInterrupted } from './until-interrupted.ts'

const UPSTREAM = fileURLToPath(new URL('./upstream.ts', import.meta.url))
const CHOICE: Choice = { command: 'bench', scenarios: SCENARIOS.map(({ id }) => id), rounds: 5, seconds: 5 }

const print = (text: string) => console.log(text)
const say = (line: string) => console.error(line)

async function main(args: string[]): Promise<number> {
  const parsed = parseOptions(args, CHOICE)
  if ('problem' in parsed) return refuse(`${parsed.problem}\n\n${usageOf(CHOICE)}`)
  if (process.platform !== 'linux') return refuse('the benchmark reads /proc: it needs Linux')
  if (availableParallelism() <= CLIENT_CORE) return refuse('the benchmark needs a second core for the load generator')
  const found = findPrograms(say)
  if ('problem' in found) return refuse(found.problem)
  const { programs } = found
  const versions = SERVERS.map((server) => `${server.name} ${server.version(programs)}`)
  const head = headOf(parsed.options, [...versions, `dnsperf ${dnsperfVersion(programs.dnsperf)}`], args)
  const children = new Children(programs.taskset)
  return untilInterrupted(children, (folder) => run(parsed.options, { programs, folder, children, head }))
}

function refuse(why: string): number {
  say(why)
  return EXIT.cannotRun
}

interface Means {
  readonly programs: Programs
  readonly folder: string
  readonly children: Children
  readonly head: string
}

async function run(options: Options, { head, ...means }: Means): Promise<void> {
  const bench = { ...means, upstreamPort: await startUpstream(means.children) }
  print(head)
  const comparisons: Comparison[] = []
  for (const scenario of SCENARIOS.filter(({ id }) => options.scenarios.includes(id))) {
    const comparison = await compare(scenario, options, bench, say)
    comparisons.push(comparison)
    print(tableOf(comparison))
  }
  if (options.jsonFile === undefined) return
  await writeFile(options.jsonFile, `${JSON.stringify({ head, comparisons }, undefined, 2)}\n`)
}

async function startUpstream(children: Children): Promise<number> {
  const upstream = children.start(CLIENT_CORE, [process.execPath, UPSTREAM])
  const [port] = await Promise.race([once(upstream.lines, 'line') as Promise<[string]>, upstream.ended])
  return Number(port)
}

process.exitCode = await main(process.argv.slice(2))
