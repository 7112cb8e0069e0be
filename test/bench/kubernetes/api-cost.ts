// What the watches of many nodes cost the API server. See README.md.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { controlPlaneProcesses } from '../../helpers/control-plane-processes.ts'
import { slice } from '../../helpers/objects.ts'
import { RealCluster } from '../../helpers/real-cluster.ts'
import { type Outcome, runBench, say } from './bench.ts'
import { fill, services } from './fill.ts'
import type { Received } from './many-watchers.ts'
import { nowMs } from './poll.ts'
import { cpuSeconds, residentMegabytes } from './process-figures.ts'

const WATCHERS = join(import.meta.dirname, 'many-watchers.ts')
const SELECTED = 'feddns.io/federated=true'
const ONE_IN = 100
const EVENTS_PER_SECOND = 10
const MANY_NODES = 5000
const SETTLE_MS = 5000

interface Given {
  readonly services: number
  readonly endpoints: number
  readonly nodes: number
  readonly idle: number
  readonly busy: number
}

interface Phase {
  readonly seconds: number
  /** Of kube-apiserver. */
  readonly cpuSeconds: number
  readonly residentMegabytes: number
  /** By all watchers together. */
  readonly received: Received
}

interface Run {
  readonly watched: 'everything' | '1 in 100'
  readonly nodes: number
  readonly idle: Phase
  readonly busy: Phase
}

const NOTHING: Received = { events: 0, bookmarks: 0, octets: 0, wireOctets: 0 }

/** Simulated nodes, in a process of their own. */
class Watchers implements Disposable {
  readonly #child: ChildProcess | undefined

  constructor({ api, token }: RealCluster, count: number, labelSelector: string | undefined) {
    const argument = JSON.stringify({ url: api.url, caPem: api.caPem, token, count, labelSelector })
    this.#child = count === 0 ? undefined : fork(WATCHERS, [argument])
  }

  async opened(): Promise<void> {
    if (this.#child === undefined) return
    const [message] = (await once(this.#child, 'message')) as [unknown]
    if (message !== 'open') throw new Error(`the watchers say ${String(message)}`)
  }

  async received(): Promise<Received> {
    if (this.#child === undefined) return NOTHING
    this.#child.send('?')
    const [message] = (await once(this.#child, 'message')) as [unknown]
    if (message === 'closed') throw new Error('a watch was closed')
    return message as Received
  }

  [Symbol.dispose](): void {
    this.#child?.kill()
  }
}

async function apiCost(given: Given): Promise<Outcome> {
  const runs: Run[] = []
  const half = Math.round(given.nodes / 2)
  for (const nodes of [0, half, given.nodes]) runs.push(await measure(given, nodes, 'everything'))
  for (const nodes of [half, given.nodes]) runs.push(await measure(given, nodes, '1 in 100'))
  return outcomeOf(given, runs)
}

// Each with a server of its own, so that nothing is left of the run before in its memory.
async function measure(given: Given, nodes: number, watched: Run['watched']): Promise<Run> {
  await using cluster = await RealCluster.start(['shop'])
  await fill(cluster, labelled(given))
  const { apiServerPid } = controlPlaneProcesses(cluster.api)
  using watchers = new Watchers(cluster, nodes, watched === 'everything' ? undefined : SELECTED)
  await watchers.opened()
  await sleep(SETTLE_MS)
  say(`${nodes} nodes watch ${watched}: idle for ${given.idle} s, then ${EVENTS_PER_SECOND} changes a second`)
  const idle = await phase(apiServerPid, watchers, () => sleep(given.idle * 1000))
  const busy = await phase(apiServerPid, watchers, () => change(cluster, given))
  return { watched, nodes, idle, busy }
}

/** The Services of `fill.ts`, of which one in a hundred has the label. */
function* labelled({ services: count, endpoints }: Given) {
  let i = 0
  for (const object of services(count, endpoints)) {
    const labels = object.metadata['labels'] as Record<string, string>
    const isSelected = Math.floor(i++ / 2) % ONE_IN === 0
    const [key = '', value = ''] = SELECTED.split('=')
    yield isSelected ? { ...object, metadata: { ...object.metadata, labels: { ...labels, [key]: value } } } : object
  }
}

async function phase(pid: number, watchers: Watchers, act: () => Promise<unknown>): Promise<Phase> {
  await watchers.received()
  const before = { ms: nowMs(), cpu: cpuSeconds(pid) }
  await act()
  return {
    seconds: (nowMs() - before.ms) / 1000,
    cpuSeconds: cpuSeconds(pid) - before.cpu,
    residentMegabytes: residentMegabytes(pid).now,
    received: await watchers.received(),
  }
}

/** Changes one slice after the other: what makes most events in a cluster. */
async function change(cluster: RealCluster, { busy, services: count }: Given): Promise<void> {
  const startedMs = nowMs()
  for (let i = 0; i < busy * EVENTS_PER_SECOND; i++) {
    await sleep(Math.max(0, startedMs + (i * 1000) / EVENTS_PER_SECOND - nowMs()))
    await cluster.patch(slice(`s${i % count}.shop`), { metadata: { annotations: { changed: String(i) } } })
  }
  await sleep(Math.max(0, startedMs + busy * 1000 - nowMs()))
}

function outcomeOf(given: Given, runs: readonly Run[]): Outcome {
  const perNode = runs.filter(({ nodes }) => nodes > 0).map((run) => costOf(run, runs[0] as Run, given))
  const columns = (...texts: readonly string[]) => texts.map((text) => text.padStart(12)).join('')
  return {
    lines: [
      `load      ${given.services} Services, slices of ${given.endpoints} endpoints; idle for ${given.idle} s, then`,
      `          ${EVENTS_PER_SECOND} changes of slices a second for ${given.busy} s; each node has 3 watches`,
      `columns   CPU of kube-apiserver in ms per s; its resident memory in MB; events and octets (with HTTP, without TLS: wire)`,
      `          that one node received, without bookmarks in the first; octets of the wire per event`,
      `${'watched'.padEnd(12)}${columns('nodes', 'idle CPU', 'busy CPU', 'memory', 'events', 'octets', 'wire', 'per event')}`,
      ...runs.map(({ watched, nodes, idle, busy }) => {
        const { events, bookmarks, octets, wireOctets } = busy.received
        const cpu = (phase: Phase) => ((1000 * phase.cpuSeconds) / phase.seconds).toFixed(1)
        const each = (value: number) => (nodes === 0 ? '' : (value / nodes).toFixed(0))
        return `${watched.padEnd(12)}${columns(
          String(nodes),
          cpu(idle),
          cpu(busy),
          busy.residentMegabytes.toFixed(0),
          each(events - bookmarks),
          each(octets),
          each(wireOctets),
          events === 0 ? '' : (wireOctets / events).toFixed(0),
        )}`
      }),
      '',
      `one node more, by the difference to none, and ${MANY_NODES} nodes by multiplication`,
      ...perNode.map(
        ({ watched, nodes, idleCpuMs, busyCpuMs, memoryMegabytes, wireOctets }) =>
          `${watched}, of ${nodes}: ${(1000 * idleCpuMs).toFixed(0)} µs of CPU a second idle, ${(1000 * busyCpuMs).toFixed(0)} µs busy, ` +
          `${(1024 * memoryMegabytes).toFixed(0)} kB, ${wireOctets.toFixed(0)} octets a second\n` +
          `          ${MANY_NODES} nodes: ${((MANY_NODES * idleCpuMs) / 1000).toFixed(2)} cores idle, ${((MANY_NODES * busyCpuMs) / 1000).toFixed(2)} cores busy, ` +
          `${((MANY_NODES * memoryMegabytes) / 1024).toFixed(1)} GB, ${((MANY_NODES * wireOctets) / 1e6).toFixed(1)} MB a second`,
      ),
    ],
    figures: { given, runs, perNode },
    failures: [],
  }
}

function costOf({ watched, nodes, idle, busy }: Run, none: Run, given: Given) {
  const cpuMs = (phase: Phase) => (1000 * phase.cpuSeconds) / phase.seconds
  return {
    watched,
    nodes,
    idleCpuMs: (cpuMs(idle) - cpuMs(none.idle)) / nodes,
    busyCpuMs: (cpuMs(busy) - cpuMs(none.busy)) / nodes,
    memoryMegabytes: (busy.residentMegabytes - none.busy.residentMegabytes) / nodes,
    wireOctets: busy.received.wireOctets / nodes / given.busy,
  }
}

await runBench('api-cost.ts', { numbers: { services: 1000, endpoints: 10, nodes: 200, idle: 60, busy: 30 } }, apiCost)
