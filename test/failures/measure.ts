import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './faults.ts'
import { type Asked, isAnswered, LIMIT_MS, Load } from './load.ts'
import { type Rig, type RigOptions, startRig } from './rig.ts'
import { between, type Summary, summaryOf } from './summary.ts'

/** How long each part takes. */
export interface Times {
  readonly warmUpMs: number
  readonly healthyMs: number
  /** In which the fault need not be known yet. */
  readonly noticeMs: number
  readonly faultMs: number
  readonly idleMs: number
  /** The longest that a return is waited for. */
  readonly returnMs: number
  /** How long a client waits. */
  readonly limitMs: number
}

export const TIMES: Times = {
  warmUpMs: 3000,
  healthyMs: 5000,
  noticeMs: 3000,
  faultMs: 15_000,
  idleMs: 30_000,
  returnMs: 20_000,
  limitMs: LIMIT_MS,
}

/** For a first look, and for tests, which are not to fail because the machine is busy. */
export const SHORT_TIMES: Times = {
  warmUpMs: 1000,
  healthyMs: 2000,
  noticeMs: 3000,
  faultMs: 6000,
  idleMs: 5000,
  returnMs: 30_000,
  limitMs: 10_000,
}

const LOOK_MS = 100
const USED_PERCENT = 40
// Over so long the share of an upstream is taken.
const SHARE_MS = 1000

export interface Measured {
  readonly healthy: Summary
  /** From the beginning of the fault until it has to be known, and from then to its end. */
  readonly first: Summary
  readonly later: Summary
  /** From the beginning of the fault to the end of everything. */
  readonly all: Summary
  /**
   * Seconds from the repair to the first second in which the first upstream had half of its healthy share of the
   * answers again. Undefined if there was none.
   */
  readonly returnSeconds: number | undefined
  /** Queries to upstreams for one of a client. */
  readonly healthyUpstreamQueries: number
  readonly faultUpstreamQueries: number
  /** Queries that reached the first upstream, for one of a client. */
  readonly firstUpstreamQueries: { readonly healthy: number; readonly later: number }
}

/** Puts a load on a resolver, lets a fault happen and be repaired, and sees what its clients notice. */
export async function measure(
  fault: Fault,
  options: RigOptions & { readonly perSecond: number },
  times: Times = TIMES,
): Promise<Measured> {
  await using rig = await startRig(fault, options)
  await using clients = new Clients(rig, options.perSecond, times.limitMs)
  await clients.start()
  await sleep(times.warmUpMs)
  // One that was slow to start may be left aside for a while; until then there is nothing to see.
  await clients.firstHas(USED_PERCENT, times.returnMs)
  const healthy = await clients.moment()
  await sleep(times.healthyMs)
  const ill = await clients.moment()
  const share = firstPercent(clients.between(healthy, ill))

  if (fault.isIdle) await clients.stop()
  await using repair = new Repair(await fault.begin(rig.upstreams))
  if (fault.isIdle) {
    await sleep(times.idleMs)
    await clients.start()
  }
  const broken = fault.isIdle ? await clients.moment() : ill
  await sleep(times.noticeMs)
  const known = await clients.moment()
  await sleep(times.faultMs - times.noticeMs)
  const repaired = await clients.moment()
  const lost = await repair.now()
  const returnSeconds = await clients.firstHas(share / 2, times.returnMs)
  await clients.stop()

  const ratio = (a: Moment, b: Moment, more = 0) => (queries(a, b) + more) / clients.between(a, b).length
  const ofFirst = (a: Moment, b: Moment) => firstQueries(a, b) / clients.between(a, b).length
  return {
    healthy: summaryOf(clients.between(healthy, ill)),
    first: summaryOf(clients.between(broken, known)),
    later: summaryOf(clients.between(known, repaired)),
    all: summaryOf(clients.between(broken, { atMs: Number.POSITIVE_INFINITY, counts: [] })),
    returnSeconds,
    healthyUpstreamQueries: ratio(healthy, ill),
    faultUpstreamQueries: ratio(broken, repaired, lost),
    firstUpstreamQueries: { healthy: ofFirst(healthy, ill), later: ofFirst(known, repaired) },
  }
}

/** A moment, and how many queries had reached each upstream by then. */
interface Moment {
  readonly atMs: number
  readonly counts: readonly number[]
}

const queries = (a: Moment, b: Moment): number =>
  b.counts.reduce((sum, count, i) => sum + count - (a.counts[i] ?? 0), 0)

const firstQueries = (a: Moment, b: Moment): number => (b.counts[0] ?? 0) - (a.counts[0] ?? 0)

function firstPercent(asked: readonly Asked[]): number {
  const answered = asked.filter(isAnswered)
  return answered.length === 0 ? 0 : (100 * answered.filter(({ octet }) => octet === 1).length) / answered.length
}

/** The load on the resolver of a rig, with pauses. */
class Clients implements AsyncDisposable {
  readonly #rig: Rig
  readonly #perSecond: number
  readonly #limitMs: number
  readonly #loads: Load[] = []
  #names = 0

  constructor(rig: Rig, perSecond: number, limitMs: number) {
    this.#rig = rig
    this.#perSecond = perSecond
    this.#limitMs = limitMs
  }

  async start(): Promise<void> {
    const { port } = this.#rig.resolver
    const nameOf = () => `q${this.#names++}.failures.example`
    this.#loads.push(await Load.start({ port, perSecond: this.#perSecond, limitMs: this.#limitMs, nameOf }))
  }

  async stop(): Promise<void> {
    await this.#loads.at(-1)?.stop()
  }

  async moment(): Promise<Moment> {
    const counts = await Promise.all(this.#rig.upstreams.map((upstream) => upstream.counts()))
    return { atMs: performance.now(), counts: counts.map(({ udp, tcp }) => udp + tcp) }
  }

  between(from: Moment, to: Moment): readonly Asked[] {
    return this.#loads.flatMap(({ asked }) => between(asked, from.atMs, to.atMs))
  }

  /** Waits for the first second in which the first upstream has so much of the answers: when it began, from now. */
  async firstHas(percent: number, withinMs: number): Promise<number | undefined> {
    const startMs = performance.now()
    for (let fromMs = startMs; fromMs < startMs + withinMs; fromMs += LOOK_MS) {
      // A while later, when most of that second are answered.
      await sleep(Math.max(0, fromMs + SHARE_MS + LOOK_MS - performance.now()))
      const asked = between(this.#loads.at(-1)?.asked ?? [], fromMs, fromMs + SHARE_MS)
      if (asked.some(isAnswered) && firstPercent(asked) >= percent) return (fromMs - startMs) / 1000
    }
    return undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#loads.map((load) => load[Symbol.asyncDispose]()))
  }
}

/** Makes good what was broken, once. */
class Repair implements AsyncDisposable {
  readonly #repair: () => Promise<number>
  #done: Promise<number> | undefined

  constructor(repair: () => Promise<number>) {
    this.#repair = repair
  }

  now(): Promise<number> {
    this.#done ??= this.#repair()
    return this.#done
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.now()
  }
}
