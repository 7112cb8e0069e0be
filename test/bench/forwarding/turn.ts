import type { Reply } from '../ask.ts'
import { loadRun, type Run } from '../load-run.ts'
import { debianProgram } from '../../peers/debian.ts'
import type { Bench, RunningForwarder } from './forwarder.ts'
import { writeKnownNames, writeNewNames } from './queries.ts'
import type { Scenario } from './scenarios.ts'
import type { Upstream } from './upstream.ts'

export interface Turn extends Run {
  /** How many questions reached the upstream for each that was answered. */
  readonly upstreamPerQuery: number
  /** How much of its core the upstream had, which it shares with the load generator. */
  readonly upstreamBusyPercent: number
}

interface Subject {
  readonly running: RunningForwarder
  /** What it answered when it was asked once. */
  readonly reply: Reply
}

// Few enough for every cache of the comparison, each of which has room for some 10,000.
const KNOWN_NAMES = 1000
// More than any of the servers answers in a second on one core.
const MISSES_PER_SECOND = 80_000
// Some are asked twice, as a reply was late; a cache may have to ask a few things again.
const ALLOWED_PERCENT = 2

/**
 * Loads a server once. Rejects if its replies are not all like that one, by rcode and size.
 */
export async function takeTurn(
  { running, reply }: Subject,
  scenario: Scenario,
  seconds: number,
  { children, folder, upstream }: Bench & { readonly upstream: Upstream },
): Promise<Turn> {
  const queriesFile = `${folder}/queries`
  // All names have one length, so all replies have one size.
  if (scenario.isMiss) await writeNewNames(queriesFile, MISSES_PER_SECOND * seconds)
  else await writeKnownNames(queriesFile, KNOWN_NAMES)
  const before = await upstream.figures()
  const beginMs = performance.now()
  const dnsperf = debianProgram('dnsperf')
  const { load, ...run } = await loadRun(running, { children, dnsperf, queriesFile, seconds })
  const elapsedMicros = (performance.now() - beginMs) * 1000
  const { asked, busyMicros } = await upstream.figures()
  const { rcodes, completed, replyOctets } = load
  if (rcodes[reply.rcode] !== completed || replyOctets !== reply.octets) {
    const seen = `${JSON.stringify(rcodes)} of ${replyOctets} octets`
    throw new Error(`${scenario.id}: not every reply was ${reply.rcode} of ${reply.octets} octets: ${seen}`)
  }
  return {
    ...run,
    upstreamPerQuery: (asked - before.asked) / completed,
    upstreamBusyPercent: (100 * (busyMicros - before.busyMicros)) / elapsedMicros,
  }
}

/** What is wrong with a turn, if anything: no server may win by remembering, or by not asking. */
export function faultOf({ upstreamPerQuery }: Turn, { isMiss }: Scenario): string | undefined {
  const percent = 100 * upstreamPerQuery
  const isFair = isMiss ? percent > 100 - ALLOWED_PERCENT : percent < ALLOWED_PERCENT
  return isFair ? undefined : `asked the upstream ${percent.toFixed(1)} times for 100 questions`
}
