// Copy to test/system/forwarding/. Needs the port fix ('udp') of cluster-dns.ts to get as far.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../helpers/eventually.ts'
import { startFakeApiServer } from '../../helpers/fake-api-server.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { dnsPod, dnsSlice, kubeDns, sliceName } from './dns-pods.ts'
import { addressOf } from './explained.ts'
import { metricsOf } from './resolver-with.ts'
import { watchingResolver } from './watching-resolver.ts'

for (const [title, held] of [
  ['that is idle', false],
  ['with questions under way', true],
] as const) {
  test(`no metric is left of a pod of the cluster DNS ${title} when it goes`, async () => {
    await using folder = await temporaryFolder()
    await using old = await dnsPod(2)
    await using young = await dnsPod(3)
    await using api = await startFakeApiServer()
    for (const object of [kubeDns, dnsSlice(old)]) api.apply(object)
    await using resolver = await watchingResolver(folder, api, { forward: { upstreams: [] } })
    await addressOf(resolver, 'first.cluster.local')
    const release = held ? old.hold() : () => {}
    const waiting = held ? addressOf(resolver, 'waits.cluster.local') : undefined
    if (held) await eventually(() => assert.equal(old.timesAsked('waits.cluster.local'), 1))
    api.apply(dnsSlice(young))
    api.remove('EndpointSlice', `kube-system/${sliceName(old)}`)
    let n = 0
    await eventually(async () => assert.equal(await addressOf(resolver, `n${n++}.cluster.local`), young.address))
    console.log('the question under way got', await waiting)
    release()
    const series = [...(await metricsOf(resolver)).values()].flatMap(({ samples }) => [...samples.keys()])
    assert.deepEqual(
      series.filter((one) => one.includes(old.place)),
      [],
    )
  })
}
