// An API server that is killed for a minute: every answer meanwhile, a restart meanwhile, and how long until what
// changes after its return is known. See README.md.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../helpers/eventually.ts'
import { node, service, slice } from '../../helpers/objects.ts'
import { RealCluster } from '../../helpers/real-cluster.ts'
import type { RunningResolver } from '../../helpers/running-resolver.ts'
import { type LoadResult, SteadyLoad } from '../../helpers/steady-load.ts'
import { zoneUpstream } from '../../helpers/zone-upstream.ts'
import { freePort } from '../free-port.ts'
import { bundle, type Outcome, runBench, say } from './bench.ts'
import { fill, services } from './fill.ts'
import { nowMs, pollUntil } from './poll.ts'
import { fed, known, leadsTo, local, NODE, resolverOf } from './resolver.ts'

const HOST = '127.0.0.1'
const RESTART_BAR_MS = 1000
const GIVE_UP_MS = 60_000
const AROUND_SECONDS = 3
const ASKED = 50
const WATCHES = 3
const LOOK_MS = 200
const PUBLIC = 'away.shop.fleet.svc.z1.example.com'
const UPSTREAM_RECORDS = [
  'www.example.org 1 A 192.0.2.80',
  `${PUBLIC} 2 CNAME away.shop.fleet.svc.r1.example.com`,
  'away.shop.fleet.svc.r1.example.com 2 A 203.0.113.1',
]

interface Given {
  readonly seconds: number
  readonly 'per-second': number
  readonly services: number
}

/** Local Services, one that is elsewhere, and a name of the world, by turns. */
function expected(): Record<string, string[][]> {
  const questions: Record<string, string[][]> = {}
  for (let i = 0; i < ASKED; i++) {
    const name = `s${i}.shop`
    const ip = `10.96.128.${1 + i}`
    questions[`${fed(name)} A`] = [['NOERROR', `${fed(name)} CNAME ${local(name)}`, `${local(name)} A ${ip}`]]
  }
  const target = 'away.shop.fleet.svc.r1.example.com.'
  const redirect = [`${fed('away.shop')} CNAME ${PUBLIC}.`, `${PUBLIC}. CNAME ${target}`, `${target} A 203.0.113.1`]
  questions[`${fed('away.shop')} A`] = [['NOERROR', ...redirect]]
  questions['www.example.org A'] = [['NOERROR', 'www.example.org. A 192.0.2.80']]
  return questions
}

interface Restart {
  readonly server: 'refuses' | 'hangs'
  readonly localMs: number | undefined
  readonly redirectMs: number | undefined
}

async function outage({ seconds, 'per-second': perSecond, services: size }: Given): Promise<Outcome> {
  const command = await bundle()
  const port = await freePort()
  await using cluster = await RealCluster.start(['shop'])
  await using upstream = await zoneUpstream(UPSTREAM_RECORDS)
  await cluster.create(node(NODE, 'z1.r1'))
  await fill(cluster, services(size, 1))
  const path = cluster.folder.file('snapshot')
  const source = { snapshot: { path } }
  const start = () => resolverOf(cluster, { command, port, upstreamPort: upstream.port, source })
  let resolver = await start()
  const again = async (act: () => Promise<RunningResolver>) => {
    await resolver.kill()
    resolver = await act()
  }
  try {
    await known(resolver)
    await cluster.create(service('other.shop', '10.96.1.1'))
    await snapshotHas(path, 'other')
    say(`killing the API server for ${seconds} s under ${perSecond} queries a second`)
    const load = await SteadyLoad.start(
      { host: HOST, port },
      { perSecond, maxSeconds: seconds + 60, expected: expected() },
    )
    await sleep(AROUND_SECONDS * 1000)
    await cluster.api.kill()
    await sleep(seconds * 1000)
    await cluster.api.restart()
    const [afterReturn, contacts] = await Promise.all([
      appears(cluster, 'back.shop', '10.96.1.2', port),
      contacted(resolver),
    ])
    await sleep(AROUND_SECONDS * 1000)
    const result = await load.stop()

    await snapshotHas(path, 'back')
    say('restarting the resolver while the API server refuses connections, and while it hangs')
    const restarts: Restart[] = []
    await cluster.api.kill()
    for (let i = 0; i < 3; i++) await again(() => timed(start, port, 'refuses', restarts))
    await cluster.api.restart()
    const afterRestart = await appears(cluster, 'again.shop', '10.96.1.3', port)
    await known(resolver)
    cluster.api.freeze()
    for (let i = 0; i < 3; i++) await again(() => timed(start, port, 'hangs', restarts))
    cluster.api.thaw()
    return outcomeOf(result, restarts, { afterReturn, contacts, afterRestart })
  } finally {
    await resolver.kill()
  }
}

/** Waits until the snapshot on the disk knows of a Service. */
const snapshotHas = (path: string, name: string): Promise<void> =>
  eventually(async () => {
    if (!(await readFile(path, 'utf8')).includes(`"name":"${name}"`)) throw new Error(`no snapshot has ${name}`)
  }, GIVE_UP_MS)

/** Starts it, and notes how long after that it answers rightly. */
async function timed(
  start: () => Promise<RunningResolver>,
  port: number,
  server: Restart['server'],
  restarts: Restart[],
): Promise<RunningResolver> {
  const spawnedMs = nowMs()
  const since = (atMs: number | undefined) => (atMs === undefined ? undefined : atMs - spawnedMs)
  const [resolver, here, away] = await Promise.all([
    start(),
    pollUntil(port, `${fed('s0.shop')} A`, leadsTo(local('s0.shop')), GIVE_UP_MS),
    pollUntil(port, `${fed('away.shop')} A`, leadsTo(`${PUBLIC}.`), GIVE_UP_MS),
  ])
  restarts.push({ server, localMs: since(here), redirectMs: since(away) })
  return resolver
}

/** Seconds from when a Service is created until it is answered. */
async function appears(cluster: RealCluster, name: string, ip: string, port: number): Promise<number | undefined> {
  await cluster.create(service(name, ip))
  await cluster.create(slice(name))
  const createdMs = nowMs()
  const shownMs = await pollUntil(port, `${fed(name)} A`, leadsTo(local(name)), GIVE_UP_MS)
  return shownMs === undefined ? undefined : (shownMs - createdMs) / 1000
}

/** Seconds from the return of the API server, for each kind of object. */
interface Contacts {
  /** When the server said that the version to go on from is gone. */
  readonly gone: Record<string, number>
  /** When everything was listed again. */
  readonly listed: Record<string, number>
}

/** Looks at the metrics of the resolver until all of its watches have listed everything again. */
async function contacted({ httpUrl }: RunningResolver): Promise<Contacts> {
  const beganMs = nowMs()
  const [gone, listed] = [new Sightings(), new Sightings()]
  while (listed.count < WATCHES && nowMs() < beganMs + GIVE_UP_MS) {
    const text = await (await fetch(`${httpUrl}/metrics`)).text()
    const seconds = (nowMs() - beganMs) / 1000
    gone.look(text.matchAll(/^feddns_watch_restarts_total\{kind="(\w+)".*cause="gone"\} (\d+)/gm), seconds, 0)
    listed.look(text.matchAll(/^feddns_watch_lists_total\{kind="(\w+)".*\} (\d+)/gm), seconds, 1)
    await sleep(LOOK_MS)
  }
  return { gone: gone.seconds, listed: listed.seconds }
}

/** When counters first had more than they had in the beginning. */
class Sightings {
  readonly seconds: Record<string, number> = {}

  get count(): number {
    return Object.keys(this.seconds).length
  }

  look(counters: Iterable<RegExpExecArray>, seconds: number, before: number): void {
    for (const [, kind = '', count] of counters) if (Number(count) > before) this.seconds[kind] ??= seconds
  }
}

interface Appeared {
  readonly contacts: Contacts
  readonly afterReturn: number | undefined
  readonly afterRestart: number | undefined
}

function outcomeOf(load: LoadResult, restarts: readonly Restart[], appeared: Appeared): Outcome {
  const { asked, lost, servfail, wrong, longestMs, examples } = load
  const slow = restarts.filter(
    ({ localMs = Number.POSITIVE_INFINITY, redirectMs = Number.POSITIVE_INFINITY }) =>
      Math.max(localMs, redirectMs) >= RESTART_BAR_MS,
  )
  const ms = (value: number | undefined) => (value === undefined ? 'never' : `${value.toFixed(0)} ms`)
  return {
    lines: [
      `bar       no answer wrong, lost or SERVFAIL; the first right answer after a restart within ${RESTART_BAR_MS} ms`,
      `asked     ${asked}: ${wrong} wrong, ${lost} lost, ${servfail} SERVFAIL; the longest reply took ${longestMs.toFixed(0)} ms`,
      ...examples.map((example) => `          ${example}`),
      `return    a Service that was created once the API server was ready again: answered after ${appeared.afterReturn?.toFixed(1)} s,`,
      `          and after ${appeared.afterRestart?.toFixed(1)} s by a resolver that had started from its snapshot`,
      ...Object.entries(appeared.contacts.listed).map(
        ([kind, seconds]) =>
          `          ${kind}: told that its version is gone after ${appeared.contacts.gone[kind]?.toFixed(1)} s, listed again after ${seconds.toFixed(1)} s`,
      ),
      ...restarts.map(
        ({ server, localMs, redirectMs }) =>
          `restart   while the API server ${server}: first right answer, from spawn, ${ms(localMs)} (local), ${ms(redirectMs)} (redirect)`,
      ),
    ],
    figures: { load, restarts, appeared },
    failures: [
      ...(wrong + lost + servfail > 0 ? ['not every answer was right'] : []),
      ...(slow.length > 0 ? [`${slow.length} restarts took too long`] : []),
      ...(appeared.afterReturn === undefined ? ['what changed did not show'] : []),
    ],
  }
}

await runBench('outage.ts', { numbers: { seconds: 60, 'per-second': 1000, services: 1000 } }, outage)
