import { setTimeout as sleep } from 'node:timers/promises'
import { residentMegabytes } from '../bench/kubernetes/process-figures.ts'
import type { Behaviour } from './upstream.ts'
import { type Asked, isAnswered, Load } from './load.ts'
import { type Rig, type RigOptions, startRig } from './rig.ts'
import { between, type Summary, summaryOf } from './summary.ts'

const FILL_PER_SECOND = 500
const NEW_OCTET = 9
// In the beginning it has to be noticed that nobody answers.
const NOTICE_MS = 5000
const PERIOD_MS = 60_000
const LOOK_MS = 500
const STALE_TTL_SECONDS = 30
// What was fresh when it was sent may be outdated when we look.
const SLACK_SECONDS = 2
const KEPT_NAMES = 10

export interface OutageOptions extends RigOptions {
  readonly names: number
  /** The TTLs of the names are 1 s, 2 s and so on up to this, and again. */
  readonly mostTtlSeconds: number
  readonly perSecond: number
  readonly outageMs: number
  readonly fault: keyof typeof OUTAGES
  /** The longest that fresh answers are waited for. */
  readonly returnMs: number
  /** How long a client waits. */
  readonly limitMs: number
}

/** How both upstreams fail. */
export const OUTAGES = {
  silent: { answers: 'nothing' },
  refused: { isOpen: false },
  servfail: { answers: 'SERVFAIL' },
} as const satisfies Readonly<Record<string, Partial<Behaviour>>>

export interface Period {
  readonly fromSeconds: number
  readonly summary: Summary
  readonly stale: number
  /** Outdated, but not said to be (RFC 8914), or with a TTL over 30 s (RFC 8767 §4). */
  readonly unmarked: number
  /** Of the resolver, at the end. */
  readonly megabytes: number
}

export interface OutageResult {
  /** Names that were answered while the cache was filled. */
  readonly filled: number
  readonly megabytesBefore: number
  readonly periods: readonly Period[]
  readonly all: Summary
  /** The first names without an answer. */
  readonly unanswered: readonly string[]
  readonly upstreamQueriesPerSecond: number
  readonly afterReturn: Return
}

interface Return {
  readonly summary: Summary
  /** Seconds from the return of the upstreams to the first answer with their data. Undefined if there was none. */
  readonly firstFreshSeconds: number | undefined
  /** From then on every answer had their data, for a whole round of the names. Undefined if it never came to that. */
  readonly allFreshSeconds: number | undefined
}

const isFresh = ({ octet }: Asked): boolean => octet === NEW_OCTET

/** Fills the cache, lets both upstreams fail for long, and asks for all names round and round; then they return. */
export async function outage(options: OutageOptions, say: (line: string) => void = () => {}): Promise<OutageResult> {
  const { names, mostTtlSeconds, perSecond, limitMs } = options
  const nameOf = (i: number) => `t${1 + ((i % names) % mostTtlSeconds)}-n${i % names}.failures.example`
  await using rig = await startRig({ upstreams: 2, protocol: 'plain' }, options)
  const megabytes = () => residentMegabytes(rig.resolver.pid).now
  const filled = await fill(rig, names, nameOf)
  const filledMs = performance.now()
  const megabytesBefore = megabytes()
  say(`${filled} of ${names} names are in the cache`)

  await behave(rig, OUTAGES[options.fault])
  const queriesBefore = await queries(rig)
  const { port } = rig.resolver
  await using load = await Load.start({ port, perSecond, limitMs, nameOf })
  const startMs = performance.now()
  const marks: { fromMs: number; toMs: number; megabytes: number }[] = []
  for (let fromMs = startMs; fromMs < startMs + options.outageMs; ) {
    const toMs = Math.min(startMs + options.outageMs, fromMs + (marks.length === 0 ? NOTICE_MS : PERIOD_MS))
    await sleep(Math.max(0, toMs - performance.now()))
    marks.push({ fromMs, toMs, megabytes: megabytes() })
    say(`${((toMs - startMs) / 1000).toFixed(0)} s of the outage have passed`)
    fromMs = toMs
  }
  const upstreamQueries = (await queries(rig)) - queriesBefore

  const returnedMs = performance.now()
  await behave(rig, { answers: 'data', isOpen: true, octet: NEW_OCTET })
  await untilFresh(load, returnedMs, options)
  await load.stop()
  const during = between(load.asked, startMs, returnedMs)
  return {
    filled,
    megabytesBefore,
    periods: marks.map(({ fromMs, toMs, megabytes }) => {
      const asked = between(load.asked, fromMs, toMs)
      const stale = asked.filter(({ isStale }) => isStale).length
      const unmarked = asked.filter((one) => isUnmarked(one, filledMs)).length
      return { fromSeconds: (fromMs - startMs) / 1000, summary: summaryOf(asked), stale, unmarked, megabytes }
    }),
    all: summaryOf(during),
    unanswered: during
      .filter((one) => !isAnswered(one))
      .map(({ name }) => name)
      .slice(0, KEPT_NAMES),
    upstreamQueriesPerSecond: upstreamQueries / (options.outageMs / 1000),
    afterReturn: returnOf(between(load.asked, returnedMs, Number.POSITIVE_INFINITY), returnedMs, options),
  }
}

/** Asks for each name once: how many were answered. */
async function fill({ resolver }: Rig, names: number, nameOf: (i: number) => string): Promise<number> {
  await using load = await Load.start({ port: resolver.port, perSecond: FILL_PER_SECOND, nameOf, most: names })
  await sleep((1000 * names) / FILL_PER_SECOND)
  return (await load.stop()).filter(isAnswered).length
}

const behave = async ({ upstreams }: Rig, change: Partial<Behaviour>): Promise<void> =>
  void (await Promise.all(upstreams.map((upstream) => upstream.behave(change))))

async function queries({ upstreams }: Rig): Promise<number> {
  const counts = await Promise.all(upstreams.map((upstream) => upstream.counts()))
  return counts.reduce((sum, { udp, tcp }) => sum + udp + tcp, 0)
}

function isUnmarked(asked: Asked, filledMs: number): boolean {
  const ttlSeconds = Number(/^t(\d+)/.exec(asked.name)?.[1])
  // The last ones were answered by those who had returned.
  const isOutdated = !isFresh(asked) && asked.dueMs > filledMs + 1000 * (ttlSeconds + SLACK_SECONDS)
  return isOutdated && isAnswered(asked) && !(asked.isStale === true && (asked.ttlSeconds ?? 0) <= STALE_TTL_SECONDS)
}

// Until a whole round of the names is fresh.
async function untilFresh(load: Load, returnedMs: number, { names, returnMs }: OutageOptions): Promise<void> {
  while (performance.now() < returnedMs + returnMs) {
    await sleep(LOOK_MS)
    const replied = between(load.asked, returnedMs, performance.now() - LOOK_MS)
    if (replied.length >= names && replied.slice(-names).every(isFresh)) return
  }
}

function returnOf(asked: readonly Asked[], returnedMs: number, { names }: OutageOptions): Return {
  const first = asked.find(isFresh)
  const firstOfAll = asked.findLastIndex((one) => !isFresh(one)) + 1
  const isRound = asked.length - firstOfAll >= names
  const secondsTo = (one: Asked | undefined) => one && (one.dueMs + (one.tookMs ?? 0) - returnedMs) / 1000
  return {
    summary: summaryOf(asked),
    firstFreshSeconds: secondsTo(first),
    allFreshSeconds: isRound ? secondsTo(asked[firstOfAll]) : undefined,
  }
}
