// How long after the API server told of a change the answer shows it. See README.md.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RealCluster } from '../../helpers/real-cluster.ts'
import { zoneUpstream } from '../../helpers/zone-upstream.ts'
import { bundle, type Outcome, runBench, say } from './bench.ts'
import { type Change, Changes, type Kind, KINDS, MOVE_RECORDS } from './changes.ts'
import { fill, services } from './fill.ts'
import { type Percentiles, percentilesOf } from './percentiles.ts'
import type { SeenEvent } from './plain-watcher.ts'
import { nowMs, pollUntil } from './poll.ts'
import { known, resolverOf } from './resolver.ts'

const BAR_MS = 20
const SHOWN_WITHIN_MS = 5000
const WATCHER = join(import.meta.dirname, 'plain-watcher.ts')
const WATCHES = 3

interface Measured {
  readonly kind: Kind
  readonly answerAfterEventMs: number
  readonly answerAfterWriteMs: number
}

/** What the plain watcher has seen so far. */
class Watcher implements Disposable {
  readonly #child: ChildProcess
  readonly #seen = new Map<string, number>()
  #open = 0

  constructor({ api, token }: RealCluster) {
    const argument = JSON.stringify({ url: api.url, caPem: api.caPem, token })
    this.#child = fork(WATCHER, [argument])
    this.#child.on('message', (message) => {
      if (message === 'open') this.#open++
      else for (const { key, atMs } of message as SeenEvent[]) this.#seen.set(key, atMs)
    })
  }

  async opened(): Promise<void> {
    while (this.#open < WATCHES) await once(this.#child, 'message')
  }

  /** When it had seen all of these; undefined if it has not. */
  async sawAt(keys: readonly string[]): Promise<number | undefined> {
    const untilMs = nowMs() + SHOWN_WITHIN_MS
    while (!keys.every((key) => this.#seen.has(key)) && nowMs() < untilMs) await sleep(5)
    const times = keys.flatMap((key) => this.#seen.get(key) ?? [])
    return times.length === keys.length ? Math.max(...times) : undefined
  }

  [Symbol.dispose](): void {
    this.#child.kill()
  }
}

async function measure(change: Change, port: number, watcher: Watcher): Promise<Measured | string> {
  const { kind, question, isShown } = change
  const answered = pollUntil(port, question, isShown, SHOWN_WITHIN_MS)
  const keys = await change.make()
  const returnedMs = nowMs()
  const [answerMs, eventMs] = await Promise.all([answered, watcher.sawAt(keys)])
  if (answerMs === undefined) return `${kind}: ${question} did not show the change`
  if (eventMs === undefined) return `${kind}: the plain watcher did not see ${keys.join(', ')}`
  return { kind, answerAfterEventMs: answerMs - eventMs, answerAfterWriteMs: answerMs - returnedMs }
}

interface Given {
  readonly changes: number
  readonly services: number
  readonly 'per-second': number
}

async function latency({ changes: count, services: size, 'per-second': perSecond }: Given): Promise<Outcome> {
  const command = await bundle()
  await using cluster = await RealCluster.start(['shop'])
  await using upstream = await zoneUpstream(MOVE_RECORDS)
  const changes = new Changes(cluster, size)
  say(`creating ${size} Services`)
  await fill(cluster, services(size, 1))
  await fill(cluster, changes.needed())
  await using resolver = await resolverOf(cluster, { command, upstreamPort: upstream.port })
  await known(resolver)
  using watcher = new Watcher(cluster)
  await watcher.opened()
  say(`making ${count} changes, ${perSecond} a second`)
  const under: Promise<Measured | string>[] = []
  const startedMs = nowMs()
  for (let i = 0; i < count; i++) {
    await sleep(Math.max(0, startedMs + (i * 1000) / perSecond - nowMs()))
    under.push(measure(changes.next(), resolver.port, watcher))
  }
  const results = await Promise.all(under)
  return outcomeOf(
    results.filter((result) => typeof result !== 'string'),
    results.filter((result) => typeof result === 'string'),
    { count, size, perSecond },
  )
}

interface Load {
  readonly count: number
  readonly size: number
  readonly perSecond: number
}

function outcomeOf(measured: readonly Measured[], problems: readonly string[], load: Load): Outcome {
  const rows = ['all' as const, ...KINDS].map((kind) => {
    const of = kind === 'all' ? measured : measured.filter((one) => one.kind === kind)
    return {
      kind,
      afterEvent: percentilesOf(of.map(({ answerAfterEventMs }) => answerAfterEventMs)),
      afterWrite: percentilesOf(of.map(({ answerAfterWriteMs }) => answerAfterWriteMs)),
    }
  })
  const p99 = rows[0]?.afterEvent.p99 ?? Number.NaN
  const isMissed = !(p99 <= BAR_MS)
  return {
    lines: [
      `load      ${load.count} changes, ${load.perSecond} a second, over ${load.size} Services`,
      `bar       p99 of the answer after the event of a plain watcher at most ${BAR_MS} ms`,
      `          ${'answer - event, ms'.padStart(30)}${'answer - write returned, ms'.padStart(40)}`,
      `${'kind'.padEnd(10)}${columns('count', 'p50', 'p99', 'max')}${columns('', 'p50', 'p99', 'max')}`,
      ...rows.map(({ kind, afterEvent, afterWrite }) => `${kind.padEnd(10)}${cells(afterEvent)}${cells(afterWrite)}`),
    ],
    figures: { load, rows, measured, problems },
    failures: [...(isMissed ? [`p99 is ${p99.toFixed(1)} ms`] : []), ...problems],
  }
}

const columns = (...texts: readonly string[]): string => texts.map((text) => text.padStart(10)).join('')
const cells = ({ count, p50, p99, max }: Percentiles): string =>
  columns(String(count), ...[p50, p99, max].map((ms) => ms.toFixed(1)))

await runBench('latency.ts', { numbers: { changes: 600, services: 1000, 'per-second': 10 } }, latency)
