import { writeFile } from 'node:fs/promises'
import type { Reply } from './ask.ts'
import { loadRun, type Run } from './load-run.ts'
import type { Scenario } from './scenarios.ts'
import type { Bench, RunningServer } from './server.ts'

interface Subject {
  readonly running: RunningServer
  /** What it answered when it was asked once. */
  readonly reply: Reply
}

/** Loads a server. Rejects if its replies are not all like that one: by rcode and, on average, by size. */
export async function measure(
  { running, reply }: Subject,
  scenario: Scenario,
  seconds: number,
  { children, programs, folder }: Bench,
): Promise<Run> {
  const queriesFile = `${folder}/queries`
  await writeFile(queriesFile, `${scenario.name} A\n`)
  const { load, ...run } = await loadRun(running, { children, dnsperf: programs.dnsperf, queriesFile, seconds })
  const { rcodes, completed, replyOctets } = load
  if (rcodes[reply.rcode] !== completed || replyOctets !== reply.octets) {
    const seen = `${JSON.stringify(rcodes)} of ${replyOctets} octets`
    throw new Error(`${scenario.id}: not every reply was ${reply.rcode} of ${reply.octets} octets: ${seen}`)
  }
  return run
}
