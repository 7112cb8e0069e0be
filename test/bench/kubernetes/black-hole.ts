// How long after connections have silently stopped to carry anything a change is known. See README.md.
import { readFile } from 'node:fs/promises'
import { blackHoleRelay } from '../../helpers/black-hole-relay.ts'
import { node, service, slice } from '../../helpers/objects.ts'
import { RealCluster } from '../../helpers/real-cluster.ts'
import { zoneUpstream } from '../../helpers/zone-upstream.ts'
import { bundle, type Outcome, runBench, say } from './bench.ts'
import { nowMs, pollUntil } from './poll.ts'
import { fed, known, leadsTo, local, NODE, resolverOf } from './resolver.ts'

const BAR_SECONDS = 120
const GIVE_UP_MS = 180_000

async function blackHole(): Promise<Outcome> {
  const command = await bundle()
  await using cluster = await RealCluster.start(['shop'])
  await using upstream = await zoneUpstream([])
  await using relay = await blackHoleRelay(Number(new URL(cluster.api.url).port))
  await cluster.create(node(NODE, 'z1.r1'))
  const direct = await readFile(cluster.kubeconfig, 'utf8')
  const kubeconfig = await cluster.folder.write(
    'relayed',
    direct.replace(cluster.api.url, `https://127.0.0.1:${relay.port}`),
  )
  await using resolver = await resolverOf(cluster, { command, upstreamPort: upstream.port, source: { kubeconfig } })
  await known(resolver)
  const appears = async (name: string, ip: string) => {
    await cluster.create(service(name, ip))
    await cluster.create(slice(name))
    const createdMs = nowMs()
    const shownMs = await pollUntil(resolver.port, `${fed(name)} A`, leadsTo(local(name)), GIVE_UP_MS)
    return shownMs === undefined ? undefined : (shownMs - createdMs) / 1000
  }
  const throughRelay = await appears('before.shop', '10.96.1.1')
  const { connections } = relay
  relay.swallow()
  say(`${connections} connections carry nothing any more`)
  const seconds = await appears('after.shop', '10.96.1.2')
  const causes = resolver.log.flatMap(({ path, cause, error }) => (cause === undefined ? [] : [{ path, cause, error }]))
  const isMissed = seconds === undefined || seconds > BAR_SECONDS
  return {
    lines: [
      `bar       a Service that is created after connections have died silently is answered within ${BAR_SECONDS} s`,
      `before    shown ${throughRelay?.toFixed(3)} s after it was created, through the relay, on ${connections} connections`,
      `after     shown ${seconds?.toFixed(1)} s after it was created, on ${relay.connections - connections} new connections`,
      ...causes.map(({ path, cause, error }) => `log       ${JSON.stringify([path, cause, error])}`),
    ],
    figures: { connections, throughRelay, seconds, causes },
    failures: isMissed ? [`shown after ${seconds ?? 'more than 180'} s`] : [],
  }
}

await runBench('black-hole.ts', { numbers: {} }, blackHole)
