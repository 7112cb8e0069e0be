import { setTimeout as sleep } from 'node:timers/promises'
import { type Asked, isAnswered, LIMIT_MS, Load } from '../failures/load.ts'
import { percentilesOf } from '../bench/kubernetes/percentiles.ts'
import { Attacking, type Attempts } from './attacking.ts'
import type { Attack } from './attacks.ts'
import { type Holdings, NAMES, type Victim } from './victim.ts'

const LOOK_MS = 200
/** What may be more than before: memory, as a factor. */
export const BACK = 1.1

export interface Options {
  readonly perSecond: number
  readonly quietMs: number
  readonly attackMs: number
  /** How long all has to be as it was; less if it is. */
  readonly restMs: number
  readonly seed: number
  readonly prefix?: readonly string[]
}

/** Of well-behaved clients over UDP. */
export interface Felt {
  readonly asked: number
  readonly lost: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** How late we were to ask, but for one query in a hundred: so much is the machine's. */
  readonly lateP99Ms: number
}

export interface UnderAbuse {
  readonly quiet: Felt
  readonly attacked: Felt
  readonly attempts: Attempts
  readonly before: Holdings
  readonly most: Holdings
  readonly after: Holdings
  /** How long after the end of the attack that is; at most `restMs`. */
  readonly backMs: number
  /** Connections, as the resolver counts them. */
  readonly openAtMost: number
}

/** A quiet time, an attack, and a rest; all the while others ask at a fixed rate. */
export async function underAbuse(attack: Attack, victim: Victim, options: Options): Promise<UnderAbuse> {
  await using load = await Load.start({ port: victim.port, perSecond: options.perSecond, nameOf: () => NAMES.web })
  const before = victim.holdings
  const quietFromMs = performance.now()
  await sleep(options.quietMs)
  const quietToMs = performance.now()
  await using attacking = new Attacking(attack, victim, options)
  const most = { megabytes: 0, descriptors: 0 }
  let openAtMost = 0
  const untilMs = quietToMs + options.attackMs
  while (performance.now() < untilMs) {
    await sleep(LOOK_MS)
    const { megabytes, descriptors } = victim.holdings
    most.megabytes = Math.max(most.megabytes, megabytes)
    most.descriptors = Math.max(most.descriptors, descriptors)
    const metrics = await victim.metrics()
    openAtMost = Math.max(openAtMost, openIn(metrics))
  }
  const attackedToMs = performance.now()
  const attempts = await attacking.stop()
  const { after, backMs } = await rest(victim, before, options.restMs)
  const asked = await load.stop()
  return {
    quiet: feltOf(asked, quietFromMs, quietToMs),
    // Until the attacker runs it takes a moment.
    attacked: feltOf(asked, quietToMs + 500, attackedToMs),
    attempts,
    before,
    most,
    after,
    backMs,
    openAtMost,
  }
}

async function rest(victim: Victim, before: Holdings, restMs: number): Promise<Pick<UnderAbuse, 'after' | 'backMs'>> {
  const startMs = performance.now()
  for (;;) {
    await sleep(LOOK_MS)
    const after = victim.holdings
    const backMs = performance.now() - startMs
    const isBack = after.megabytes <= BACK * before.megabytes && after.descriptors <= before.descriptors
    if (isBack || backMs >= restMs) return { after, backMs }
  }
}

/** Connections that are open, by the metrics. */
export const openIn = (metrics: ReadonlyMap<string, number>): number =>
  ['tcp', 'tls'].reduce((sum, protocol) => sum + (metrics.get(`feddns_connections{protocol="${protocol}"}`) ?? 0), 0)

function feltOf(asked: readonly Asked[], fromMs: number, toMs: number): Felt {
  const those = asked.filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs)
  const times = those.map((one) => (isAnswered(one) ? (one.tookMs ?? LIMIT_MS) : LIMIT_MS))
  const { p50, p99, max } = percentilesOf(times)
  return {
    asked: those.length,
    lost: those.filter((one) => !isAnswered(one)).length,
    p50Ms: p50,
    p99Ms: p99,
    maxMs: max,
    lateP99Ms: percentilesOf(those.map(({ lateMs }) => lateMs)).p99,
  }
}
