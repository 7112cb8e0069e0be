import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { eventually } from '../../helpers/eventually.ts'
import { peersMissing } from '../../helpers/real-api-server.ts'
import { RealCluster } from '../../helpers/real-cluster.ts'
import { skipFor } from '../../peers/missing.ts'
import { dnsSlice, kubeDns } from './dns-pods.ts'
import { addressOf, explained } from './explained.ts'
import { NameServer } from './name-server.ts'
import { watchingResolver } from './watching-resolver.ts'

// A real API server takes no endpoint with a loopback address: the pods have that of this machine, and ports of their own.
const host = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

const skip =
  peersMissing() ?? skipFor(host === undefined ? 'this machine has no address but loopback' : undefined) ?? false

test('the cluster DNS is followed as a real API server tells of it, also where the cluster is narrowed', {
  skip,
}, async (t) => {
  await using cluster = await RealCluster.start(['shop'])
  await using first = await NameServer.start({ host: host ?? '', address: '192.0.2.1', ttlSeconds: 0 })
  await using second = await NameServer.start({ host: host ?? '', address: '192.0.2.2', ttlSeconds: 0 })
  await using upstream = await NameServer.start({ address: '192.0.2.80' })
  const pods = dnsSlice(first, 'pods')
  await cluster.create(kubeDns)
  await cluster.create(pods)
  const source = { kubeconfig: cluster.kubeconfig, kubernetes: { namespaces: ['shop'] } }
  await using resolver = await watchingResolver(cluster.folder, source, { forward: { upstreams: [upstream.place] } })
  let asked = 0
  const next = () => addressOf(resolver, `n${asked++}.shop.svc.cluster.local`)

  await t.test('its pods are asked about names of the cluster and of its addresses', async () => {
    assert.equal(await next(), first.address)
    assert.equal(await addressOf(resolver, '10.0.96.10.in-addr.arpa'), first.address)
    assert.equal(await addressOf(resolver, 'www.example'), upstream.address)
  })

  await t.test('a pod on another port takes the place of the one before', async () => {
    await cluster.patch(pods, { ports: dnsSlice(second, 'pods')['ports'] })
    await eventually(async () => assert.equal(await next(), second.address))
    const before = first.asked.length
    for (let i = 0; i < 10; i++) assert.equal(await next(), second.address)
    assert.equal(first.asked.length, before)
  })

  await t.test('without a pod nobody is asked', async () => {
    await cluster.remove(pods)
    await eventually(async () => assert.equal(await next(), 'SERVFAIL'))
    const { errors } = await explained(resolver, 'last.shop.svc.cluster.local')
    assert.deepEqual(errors, ['22 no upstream is known'])
    await cluster.create(dnsSlice(first, 'pods'))
    await eventually(async () => assert.equal(await next(), first.address))
  })

  await t.test('while the API server is away those that were last known are asked', async () => {
    await cluster.api.kill()
    await resolver.logged(({ msg }) => msg === 'the API server is away; answers are of what was last known', 60_000)
    assert.equal(await next(), first.address)
  })

  assert.deepEqual(
    upstream.asked.map(({ name }) => name),
    ['www.example'],
  )
})
