// CPU per forwarded query of feddns, CoreDNS and Unbound, on the same machine and taking turns. See README.md.
import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { debianProgram } from '../peers/debian.ts'
import { Children } from './children.ts'
import { dnsperfVersion } from './dnsperf.ts'
import { type Comparison, compare, FORWARDERS } from './forwarding/compare.ts'
import { headOf, tableOf } from './forwarding/report.ts'
import { SCENARIOS } from './forwarding/scenarios.ts'
import { startUpstream } from './forwarding/upstream.ts'
import { type Choice, type Options, parseOptions, usageOf } from './options.ts'
import { requirePeers } from './require-peers.ts'
import { CLIENT_CORE } from './server.ts'
import { EXIT, untilInterrupted } from './until-interrupted.ts'

const CHOICE: Choice = { command: 'bench:forwarding', scenarios: SCENARIOS.map(({ id }) => id), rounds: 9, seconds: 2 }

const print = (text: string) => console.log(text)
const say = (line: string) => console.error(line)

async function main(args: string[]): Promise<number> {
  const parsed = parseOptions(args, CHOICE)
  if ('problem' in parsed) return refuse(`${parsed.problem}\n\n${usageOf(CHOICE)}`)
  if (process.platform !== 'linux') return refuse('the benchmark reads /proc: it needs Linux')
  if (availableParallelism() <= CLIENT_CORE) return refuse('the benchmark needs a second core for the load generator')
  const lack = requirePeers(['coredns'], ['unbound', 'dnsperf', 'taskset'])
  if (lack !== undefined) return refuse(lack)
  const versions = FORWARDERS.map((forwarder) => `${forwarder.name} ${forwarder.version()}`)
  const head = headOf(parsed.options, [...versions, `dnsperf ${dnsperfVersion(debianProgram('dnsperf'))}`], args)
  const children = new Children(debianProgram('taskset'))
  return untilInterrupted(children, (folder) => run(parsed.options, { folder, children, head }))
}

function refuse(why: string): number {
  say(why)
  return EXIT.cannotRun
}

interface Means {
  readonly folder: string
  readonly children: Children
  readonly head: string
}

async function run(options: Options, { head, ...means }: Means): Promise<void> {
  const upstream = await startUpstream(means.children)
  print(head)
  const comparisons: Comparison[] = []
  for (const scenario of SCENARIOS.filter(({ id }) => options.scenarios.includes(id))) {
    const comparison = await compare(scenario, options, { ...means, upstream, say })
    comparisons.push(comparison)
    print(tableOf(comparison))
  }
  if (options.jsonFile === undefined) return
  await writeFile(options.jsonFile, `${JSON.stringify({ head, comparisons }, undefined, 2)}\n`)
}

process.exitCode = await main(process.argv.slice(2))
