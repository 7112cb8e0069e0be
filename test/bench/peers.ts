// CPU per answered query of feddns, Unbound and dnsmasq, on the same machine and taking turns. See README.md.
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../../lib/base/error-text.ts'
import { Children } from './children.ts'
import { type Comparison, compare, SERVERS } from './compare.ts'
import { dnsperfVersion } from './dnsperf.ts'
import { type Options, parseOptions, USAGE } from './options.ts'
import { findPrograms, type Programs } from './programs.ts'
import { headOf, tableOf } from './report.ts'
import { CLIENT_CORE } from './server.ts'

const UPSTREAM = fileURLToPath(new URL('./upstream.ts', import.meta.url))
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const EXIT = { done: 0, failed: 1, cannotRun: 2, interrupted: 130 }

const print = (text: string) => console.log(text)
const say = (line: string) => console.error(line)

async function main(args: string[]): Promise<number> {
  const parsed = parseOptions(args)
  if ('problem' in parsed) return refuse(`${parsed.problem}\n\n${USAGE}`)
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
  for (const scenario of options.scenarios) {
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

/** Runs `work`; whatever comes of it, and on a signal, no process and no file of it is left. The exit code. */
async function untilInterrupted(children: Children, work: (folder: string) => Promise<void>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'feddns-bench-'))
  const interrupted = Promise.withResolvers<number>()
  for (const signal of SIGNALS) process.once(signal, () => interrupted.resolve(EXIT.interrupted))
  process.once('exit', () => children.kill())
  try {
    return await Promise.race([work(folder).then(() => EXIT.done), interrupted.promise])
  } catch (error) {
    say(messageOf(error))
    return EXIT.failed
  } finally {
    await children.end()
    await rm(folder, { recursive: true })
  }
}

process.exitCode = await main(process.argv.slice(2))
