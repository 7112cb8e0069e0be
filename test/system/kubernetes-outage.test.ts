import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compact, controlPlaneProcesses } from '../helpers/control-plane-processes.ts'
import { askUdp } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { service, slice } from '../helpers/objects.ts'
import { peersMissing } from '../helpers/real-api-server.ts'
import { type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { ednsQuery, readReply } from '../helpers/steady-load.ts'
import { parsePrometheusText } from '../observe/prometheus-text.ts'
import { allRight, answers, elsewhere, fed, here, load, WatchedCluster, WORLD } from './watched-cluster.ts'

const AWAY = '3 the API server does not answer; this is what was last known of the cluster'
const FROM_SNAPSHOT = '3 the API server was not reached since the start; this is from a snapshot'
// The longest pause between two tries is 30 s.
const BACK_MS = 45_000

const skip = peersMissing() ?? false

async function extendedErrors({ port }: RunningResolver, question: string): Promise<readonly string[]> {
  const reply = await askUdp({ host: '127.0.0.1', port }, ednsQuery(question, 1))
  return readReply(reply).extendedErrors
}

async function metric({ httpUrl }: RunningResolver, name: string): Promise<number> {
  const families = parsePrometheusText(await (await fetch(`${httpUrl}/metrics`)).text())
  return [...(families.get(name)?.samples.values() ?? [])].reduce((sum, value) => sum + value, 0)
}

const statusOf = async ({ httpUrl }: RunningResolver, page: string): Promise<number> =>
  (await fetch(`${httpUrl}${page}`)).status

test('an outage of the API server is survived, and what changed is known after it', { skip }, async () => {
  await using watched = await WatchedCluster.start()
  const { cluster } = watched
  const { folder } = cluster
  await using resolver = await watched.resolver('config.yaml', watched.settings())
  const snapshot = { snapshot: { path: folder.file('snapshot') } }
  await using other = await watched.resolver('other.yaml', watched.settings(snapshot))
  await cluster.create(service('late.shop', '10.96.1.5'))
  await cluster.create(slice('late.shop', ['10.1.0.10']))
  await answers(other, `${fed('late.shop')} CNAME`, here('late.shop'))
  await answers(resolver, `${fed('late.shop')} CNAME`, here('late.shop'))
  await other.stop()
  const { etcdSocket } = controlPlaneProcesses(cluster.api)

  await using asking = await load(resolver, {
    [`${fed('web.shop')} A`]: [here('web.shop', '10.96.1.1')],
    [`${fed('away.shop')} A`]: [
      [
        ...elsewhere('away.shop'),
        'away.shop.fleet.svc.z1.example.com. CNAME away.shop.fleet.svc.r1.example.com.',
        'away.shop.fleet.svc.r1.example.com. A 203.0.113.1',
      ],
    ],
    'www.example.org A': [WORLD],
  })
  await cluster.api.kill()

  await using restarted = await startResolver({ config: folder.file('other.yaml'), env: { NODE_NAME: 'n1' } })
  assert.deepEqual(await extendedErrors(restarted, `${fed('late.shop')} A`), [FROM_SNAPSHOT])
  await answers(restarted, `${fed('late.shop')} A`, here('late.shop', '10.96.1.5'))
  assert.deepEqual([await statusOf(restarted, '/healthz'), await statusOf(restarted, '/readyz')], [200, 200])

  await eventually(async () => assert.deepEqual(await extendedErrors(resolver, `${fed('web.shop')} A`), [AWAY]), 20_000)
  assert.deepEqual(await extendedErrors(resolver, `${fed('away.shop')} A`), [AWAY])
  assert.deepEqual(await extendedErrors(resolver, 'www.example.org A'), [])
  const ageSeconds = await metric(resolver, 'feddns_cluster_age_seconds')
  assert.ok(ageSeconds >= 10)
  await asking.more(300)
  assert.ok((await metric(resolver, 'feddns_cluster_age_seconds')) > ageSeconds)
  assert.deepEqual([await statusOf(resolver, '/healthz'), await statusOf(resolver, '/readyz')], [200, 200])

  await compact(etcdSocket)
  await cluster.api.restart()
  await cluster.patch(slice('late.shop'), slice('late.shop', ['!10.1.0.10']))
  for (const one of [resolver, restarted]) {
    await answers(one, `${fed('late.shop')} CNAME`, elsewhere('late.shop'), BACK_MS)
    await eventually(async () => assert.deepEqual(await extendedErrors(one, `${fed('web.shop')} A`), []), BACK_MS)
  }
  assert.equal(await metric(resolver, 'feddns_cluster_age_seconds'), 0)
  await allRight(asking)
})
