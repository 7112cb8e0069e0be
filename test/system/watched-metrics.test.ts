import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../helpers/asked.ts'
import { eventually } from '../helpers/eventually.ts'
import { type FakeApiServer, startFakeApiServer } from '../helpers/fake-api-server.ts'
import { node, service, slice } from '../helpers/objects.ts'
import type { RunningResolver } from '../helpers/running-resolver.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { parsePrometheusText } from '../observe/prometheus-text.ts'
import { fed, HOST, local, resolverOf } from './snapshot-cases.ts'

const isKnown = ({ msg }: { readonly msg: string }): boolean => msg === 'the cluster is known, and watched'

function fill(server: FakeApiServer): void {
  for (const object of [node('n1', 'z.r'), service('web.shop'), slice('web.shop')]) server.apply(object)
}

/** The samples of all metrics, by name and labels. */
async function samplesOf({ httpUrl }: RunningResolver): Promise<ReadonlyMap<string, number>> {
  const families = parsePrometheusText(await (await fetch(`${httpUrl}/metrics`)).text())
  return new Map([...families.values()].flatMap(({ samples }) => [...samples]))
}

test('the metrics tell of objects, lists, events, restarts, what was broken, and how late a change is shown', async () => {
  await using folder = await temporaryFolder()
  await using server = await startFakeApiServer()
  fill(server)
  await using resolver = await resolverOf(folder, server)
  await resolver.logged(isKnown)
  const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': new Date(Date.now() - 3000).toISOString() }
  const labels = { 'kubernetes.io/service-name': 'web' }
  server.apply(slice('web.shop', ['10.1.0.2', 'not an address'], { metadata: { annotations, labels } }))
  server.endWatches('services')
  await eventually(async () => {
    const samples = await samplesOf(resolver)
    const of = (name: string) => samples.get(name) ?? Number.NaN
    assert.equal(of('feddns_cluster_objects{kind="Service"}'), 1)
    assert.equal(of('feddns_cluster_knowledge{from="live"}'), 1)
    assert.equal(of('feddns_cluster_object_problems_total'), 1)
    assert.equal(of('feddns_watch_lists_total{kind="Node",namespace=""}'), 1)
    assert.equal(of('feddns_watch_events_total{kind="EndpointSlice",namespace=""}'), 1)
    assert.ok(of('feddns_watch_last_event_age_seconds{kind="EndpointSlice",namespace=""}') < 60)
    assert.equal(of('feddns_watch_restarts_total{kind="Service",namespace="",cause="end"}'), 1)
    assert.equal(of('feddns_dns_programming_duration_seconds_count'), 1)
    assert.ok(of('feddns_dns_programming_duration_seconds_sum') >= 3)
  })
})

test('a configuration whose API server does not answer is refused, and the answers stay', async () => {
  await using folder = await temporaryFolder()
  await using server = await startFakeApiServer()
  await using other = await startFakeApiServer()
  fill(server)
  await using resolver = await resolverOf(folder, server)
  await resolver.logged(isKnown)
  await other.stop()
  const elsewhere = await folder.write('elsewhere', {
    clusters: [{ name: 'here', cluster: { server: other.url } }],
    users: [{ name: 'tester', user: { token: 'one' } }],
    contexts: [{ name: 'test', context: { cluster: 'here', user: 'tester' } }],
    'current-context': 'test',
  })
  const refused = await resolver.loggedAfter(
    () =>
      folder.write('config.yaml', {
        federations: { fleet: 'example.com' },
        listen: [`${HOST}:0`],
        source: { kubernetes: { kubeconfig: elsewhere } },
        forward: { upstreams: [] },
      }),
    ({ msg }) => msg === 'configuration refused, the one before stays',
    20_000,
  )
  assert.match(String(refused['problem']), /^source\.kubernetes: nothing can be known of it: .*ECONNREFUSED/)
  const reply = await ask({ host: HOST, port: resolver.port }, `${fed('web')} A`)
  assert.deepEqual(reply, ['NOERROR', ...local('web', '10.0.0.1')])
})
