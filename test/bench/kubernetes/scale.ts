// A cluster of 10,000 Services and 100,000 endpoints: how long it takes to know it, and what that costs. See README.md.
import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { compact, controlPlaneProcesses } from '../../helpers/control-plane-processes.ts'
import { eventually } from '../../helpers/eventually.ts'
import { node } from '../../helpers/objects.ts'
import { RealCluster } from '../../helpers/real-cluster.ts'
import type { RunningResolver } from '../../helpers/running-resolver.ts'
import { SteadyLoad } from '../../helpers/steady-load.ts'
import { zoneUpstream } from '../../helpers/zone-upstream.ts'
import { bundle, type Outcome, runBench, say } from './bench.ts'
import { clusterIp, fill, services } from './fill.ts'
import { nowMs } from './poll.ts'
import { cpuSeconds, residentMegabytes } from './process-figures.ts'
import { fed, known, local, NODE, resolverOf } from './resolver.ts'
import { idleProcess, type Stall, STALLS_ENV, Stalls } from './stalls.ts'

const HOST = '127.0.0.1'
const IDLE_SECONDS = 30
const GIVE_UP_MS = 120_000
const PER_SECOND = 200
const ASKED = 20
const LISTS = 3

interface Given {
  readonly services: number
  readonly endpoints: number
  readonly wide: boolean
  readonly paged: boolean
}

async function scale({ services: most, endpoints, wide, paged }: Given): Promise<Outcome> {
  // The same endpoints in a tenth of the Services.
  const count = wide ? Math.ceil(most / 10) : most
  const each = Math.round(endpoints / count)
  const command = await bundle()
  await using cluster = await RealCluster.start(['shop'], paged ? ['--feature-gates=WatchList=false'] : [])
  await using upstream = await zoneUpstream([])
  await cluster.create(node(NODE, 'z1.r1'))
  say(`creating ${count} Services with ${each} endpoints each`)
  const filledMs = nowMs()
  await fill(cluster, services(count, each))
  say(`created in ${((nowMs() - filledMs) / 1000).toFixed(0)} s`)

  const path = cluster.folder.file('snapshot')
  const idling = await idleProcess()
  const spawnedMs = nowMs()
  await using resolver = await resolverOf(cluster, {
    command,
    upstreamPort: upstream.port,
    source: { snapshot: { path } },
    env: STALLS_ENV,
  })
  using stalls = Stalls.of(resolver, idling)
  const listeningSeconds = (nowMs() - spawnedMs) / 1000
  await known(resolver)
  const sync = {
    seconds: (nowMs() - spawnedMs) / 1000,
    listeningSeconds,
    cpuSeconds: cpuSeconds(resolver.pid),
    memory: residentMegabytes(resolver.pid),
    stall: await stalls.take(),
  }
  await cluster.patch(node(NODE, ''), { metadata: { labels: { 'topology.kubernetes.io/zone': 'z2' } } })
  const snapshot = { ...(await snapshotOf(path)), stall: await stalls.take() }
  say(`known; idle for ${IDLE_SECONDS} s`)
  await sleep(IDLE_SECONDS * 1000)
  const idle = { memory: residentMegabytes(resolver.pid), stall: await stalls.take() }
  const relist = await relisted(cluster, resolver, stalls)
  return outcomeOf({ count, each, paged }, { sync, snapshot, idle, relist })
}

/** The time from when the file was begun until it took its place, as the file system has it. */
async function snapshotOf(path: string): Promise<{ readonly megabytes: number; readonly writtenInMs: number }> {
  const { size, birthtimeMs, ctimeMs } = await eventually(() => stat(path), GIVE_UP_MS)
  return { megabytes: size / 2 ** 20, writtenInMs: ctimeMs - birthtimeMs }
}

async function listsOf({ httpUrl }: RunningResolver): Promise<number> {
  const text = await (await fetch(`${httpUrl}/metrics`)).text()
  return [...text.matchAll(/^feddns_watch_lists_total\{.*\} (\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
}

/** Everything is listed again, because the server has forgotten the version that was known, under queries. */
async function relisted(cluster: RealCluster, resolver: RunningResolver, stalls: Stalls) {
  const expected: Record<string, string[][]> = {}
  for (let i = 0; i < ASKED; i++) {
    const name = `s${i}.shop`
    expected[`${fed(name)} A`] = [['NOERROR', `${fed(name)} CNAME ${local(name)}`, `${local(name)} A ${clusterIp(i)}`]]
  }
  const lists = await listsOf(resolver)
  const { etcdSocket } = controlPlaneProcesses(cluster.api)
  const cpuBefore = cpuSeconds(resolver.pid)
  const load = await SteadyLoad.start(
    { host: HOST, port: resolver.port },
    { perSecond: PER_SECOND, maxSeconds: GIVE_UP_MS / 1000, expected },
  )
  say('restarting the API server, so that everything is listed again')
  await cluster.api.kill()
  await compact(etcdSocket)
  await cluster.api.restart()
  await stalls.take()
  const restartedMs = nowMs()
  await eventually(async () => {
    if ((await listsOf(resolver)) < lists + LISTS) throw new Error('not everything was listed again')
  }, GIVE_UP_MS)
  const secondsFromReturn = (nowMs() - restartedMs) / 1000
  // A list is taken over in several turns.
  await sleep(2000)
  const cpu = cpuSeconds(resolver.pid) - cpuBefore
  return {
    secondsFromReturn,
    cpuSeconds: cpu,
    stall: await stalls.take(),
    memory: residentMegabytes(resolver.pid),
    load: await load.stop(),
  }
}

interface Size {
  readonly count: number
  readonly each: number
  readonly paged: boolean
}

interface Figures {
  readonly sync: {
    readonly seconds: number
    readonly listeningSeconds: number
    readonly cpuSeconds: number
    readonly memory: ReturnType<typeof residentMegabytes>
    readonly stall: Stall
  }
  readonly snapshot: Awaited<ReturnType<typeof snapshotOf>> & { readonly stall: Stall }
  readonly idle: { readonly memory: ReturnType<typeof residentMegabytes>; readonly stall: Stall }
  readonly relist: Awaited<ReturnType<typeof relisted>>
}

function outcomeOf({ count, each, paged }: Size, { sync, snapshot, idle, relist }: Figures): Outcome {
  const { load } = relist
  const mb = ({ now, most }: { now: number; most: number }) =>
    `${now.toFixed(0)} MB, at most ${most.toFixed(0)} MB so far`
  const ms = ({ resolverMs, idleProcessMs }: Stall) =>
    `${resolverMs.toFixed(1)} ms (of an idle process meanwhile ${idleProcessMs.toFixed(1)} ms)`
  const wrong = load.wrong + load.lost + load.servfail
  return {
    lines: [
      `cluster   ${count} Services, ${count} EndpointSlices of ${each} endpoints; lists ${paged ? 'in pages' : 'streamed'}`,
      `sync      ${sync.seconds.toFixed(2)} s from spawn to known (listening after ${sync.listeningSeconds.toFixed(2)} s), ${sync.cpuSeconds.toFixed(2)} s of CPU`,
      `          longest stall of the event loop ${ms(sync.stall)}; resident ${mb(sync.memory)}`,
      `idle      ${IDLE_SECONDS} s later: resident ${mb(idle.memory)}; longest stall ${ms(idle.stall)}`,
      `relist    known again ${relist.secondsFromReturn.toFixed(1)} s after the API server was ready, ${relist.cpuSeconds.toFixed(2)} s of CPU since it was killed, queries included`,
      `          longest stall ${ms(relist.stall)}; resident ${mb(relist.memory)}`,
      `          ${load.asked} queries meanwhile: ${wrong} not answered rightly; the longest reply took ${load.longestMs.toFixed(1)} ms`,
      ...load.examples.map((example) => `          ${example}`),
      `snapshot  ${snapshot.megabytes.toFixed(1)} MB, written in ${snapshot.writtenInMs.toFixed(0)} ms; longest stall ${ms(snapshot.stall)}`,
    ],
    figures: { count, each, paged, sync, snapshot, idle, relist },
    failures: wrong > 0 ? ['not every answer was right'] : [],
  }
}

await runBench('scale.ts', { numbers: { services: 10_000, endpoints: 100_000 }, switches: ['wide', 'paged'] }, scale)
