import { writeFile } from 'node:fs/promises'
import { coreTicks, processTicks, tickMicros } from './cpu-time.ts'
import { dnsperfArguments, parseReport } from './dnsperf.ts'
import type { Reply } from './ask.ts'
import type { Scenario } from './scenarios.ts'
import { type Bench, CLIENT_CORE, type RunningServer, SERVER_CORE } from './server.ts'

/** One server under load for some seconds. */
export interface Run {
  readonly microsPerQuery: number
  readonly queriesPerSecond: number
  readonly answeredPercent: number
  /** How much of its core the server had, and how much of it others had meanwhile. */
  readonly busyPercent: number
  readonly othersPercent: number
}

interface Subject {
  readonly running: RunningServer
  /** What it answered when it was asked once. */
  readonly reply: Reply
}

/** Loads a server. Rejects if its replies are not all like that one: by rcode and, on average, by size. */
export async function measure(
  { running: { child, port }, reply }: Subject,
  scenario: Scenario,
  seconds: number,
  { children, programs, folder }: Bench,
): Promise<Run> {
  const queries = `${folder}/queries`
  await writeFile(queries, `${scenario.name} A\n`)
  const before = { server: processTicks(child.pid), core: coreTicks(SERVER_CORE), ms: performance.now() }
  const report = await Promise.race([
    children.run(CLIENT_CORE, [programs.dnsperf, ...dnsperfArguments(port, seconds, queries)]),
    child.ended,
  ])
  const serverMicros = (processTicks(child.pid) - before.server) * tickMicros()
  const coreMicros = (coreTicks(SERVER_CORE) - before.core) * tickMicros()
  const elapsedMicros = (performance.now() - before.ms) * 1000
  const { sent, completed, queriesPerSecond, rcodes, replyOctets } = parseReport(report)
  if (rcodes[reply.rcode] !== completed || replyOctets !== reply.octets) {
    const seen = `${JSON.stringify(rcodes)} of ${replyOctets} octets`
    throw new Error(`${scenario.id}: not every reply was ${reply.rcode} of ${reply.octets} octets: ${seen}`)
  }
  return {
    microsPerQuery: serverMicros / completed,
    queriesPerSecond,
    answeredPercent: (100 * completed) / sent,
    busyPercent: (100 * serverMicros) / elapsedMicros,
    othersPercent: Math.max(0, (100 * (coreMicros - serverMicros)) / elapsedMicros),
  }
}
