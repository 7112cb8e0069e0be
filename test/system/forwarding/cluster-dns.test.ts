import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../helpers/eventually.ts'
import { type FakeApiServer, startFakeApiServer } from '../../helpers/fake-api-server.ts'
import { slice } from '../../helpers/objects.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { freeLowPort } from '../../peers/free-low-port.ts'
import { dnsPod, dnsSlice, kubeDns, sliceName } from './dns-pods.ts'
import { addressOf, explained } from './explained.ts'
import { NameServer } from './name-server.ts'
import { metricsOf } from './resolver-with.ts'
import { rewatch, watchingResolver } from './watching-resolver.ts'

const OF_CLUSTER = ['web.shop.svc.cluster.local', 'cluster.local', '10.1.0.10.in-addr.arpa', '1.0.0.0.d.f.ip6.arpa']

const world = () => NameServer.start({ address: '192.0.2.80' })
const to = ({ place }: NameServer) => ({ forward: { upstreams: [place] } })

async function clusterOf(...pods: readonly NameServer[]): Promise<FakeApiServer> {
  const api = await startFakeApiServer()
  for (const object of [kubeDns, ...pods.map((pod) => dnsSlice(pod))]) api.apply(object)
  return api
}

test('names of the cluster and of its addresses go to the pods of the cluster DNS, all others upstream', async () => {
  await using folder = await temporaryFolder()
  await using pod = await dnsPod(2)
  await using upstream = await world()
  await using api = await clusterOf(pod)
  await using resolver = await watchingResolver(folder, api, to(upstream))
  for (const name of OF_CLUSTER) assert.equal(await addressOf(resolver, name), pod.address, name)
  assert.equal(await addressOf(resolver, 'www.example'), upstream.address)
  assert.deepEqual(
    upstream.asked.map(({ name }) => name),
    ['www.example'],
  )
  assert.deepEqual(
    pod.asked.map(({ name }) => name),
    OF_CLUSTER,
  )
})

test('pods that come and go are followed: who is gone is asked no more, and nothing is kept of it', async () => {
  await using folder = await temporaryFolder()
  await using first = await dnsPod(2)
  await using second = await dnsPod(3)
  await using upstream = await world()
  await using api = await clusterOf(first)
  await using resolver = await watchingResolver(folder, api, to(upstream))
  let asked = 0
  const next = () => addressOf(resolver, `n${asked++}.shop.svc.cluster.local`)
  assert.equal(await next(), first.address)
  for (const [old, young] of [
    [first, second],
    [second, first],
    [first, second],
  ] as const) {
    api.apply(dnsSlice(young))
    api.remove('EndpointSlice', `kube-system/${sliceName(old)}`)
    await eventually(async () => assert.equal(await next(), young.address))
    const before = old.asked.length
    for (let i = 0; i < 10; i++) assert.equal(await next(), young.address)
    assert.equal(old.asked.length, before)
    const series = [...(await metricsOf(resolver)).values()].flatMap(({ samples }) => [...samples.keys()])
    assert.deepEqual(
      series.filter((one) => one.includes(old.place)),
      [],
    )
    assert.ok(series.some((one) => one.includes(young.place)))
  }
  assert.deepEqual(upstream.asked, [])
})

test('a pod that is not ready is not asked', async () => {
  await using folder = await temporaryFolder()
  await using ready = await dnsPod(2)
  await using upstream = await world()
  await using api = await clusterOf(ready)
  const ports = [{ name: 'dns', protocol: 'UDP', port: ready.port }]
  api.apply(slice('kube-dns.kube-system', ['!127.0.0.3'], { suffix: 'b', ports }))
  await using resolver = await watchingResolver(folder, api, to(upstream))
  for (let i = 0; i < 10; i++) assert.equal(await addressOf(resolver, `n${i}.shop.svc.cluster.local`), ready.address)
  assert.equal(
    resolver.log.some(({ upstream }) => String(upstream).startsWith('127.0.0.3')),
    false,
  )
})

test('without a pod, names of the cluster are SERVFAIL that says why, and nobody else is asked', async () => {
  await using folder = await temporaryFolder()
  await using pod = await dnsPod(2)
  await using upstream = await world()
  await using api = await clusterOf()
  await using resolver = await watchingResolver(folder, api, to(upstream))
  for (const name of OF_CLUSTER) {
    const { rcode, answer, errors } = await explained(resolver, name)
    assert.deepEqual({ rcode, answer, errors }, { rcode: 'SERVFAIL', answer: [], errors: ['22 no upstream is known'] })
  }
  assert.equal(await addressOf(resolver, 'www.example'), upstream.address)
  assert.equal(upstream.asked.length, 1)
  // That there was none is not held against one that comes.
  api.apply(dnsSlice(pod))
  for (const name of OF_CLUSTER)
    await eventually(async () => assert.equal(await addressOf(resolver, name), pod.address))
})

test('an address that we listen on is not asked, though it is a pod of the cluster DNS', async () => {
  await using folder = await temporaryFolder()
  await using pod = await dnsPod(2)
  await using upstream = await world()
  await using api = await clusterOf()
  const port = await freeLowPort()
  await using resolver = await watchingResolver(folder, api, { ...to(upstream), listen: [`127.0.0.1:${port}`] })
  api.apply(dnsSlice({ host: '127.0.0.1', port }))
  api.apply(dnsSlice(pod))
  await eventually(async () => assert.equal(await addressOf(resolver, 'a.shop.svc.cluster.local'), pod.address))
  for (let i = 0; i < 10; i++) assert.equal(await addressOf(resolver, `n${i}.shop.svc.cluster.local`), pod.address)
  api.remove('EndpointSlice', `kube-system/${sliceName(pod)}`)
  let asked = 0
  await eventually(async () => {
    const { rcode, errors } = await explained(resolver, `last${asked++}.shop.svc.cluster.local`)
    assert.deepEqual([rcode, errors], ['SERVFAIL', ['22 no upstream is known']])
  })
})

for (const [how, kubernetes] of [
  ['by namespaces', { namespaces: ['shop'] }],
  ['by a label selector', { labelSelector: 'app=web' }],
] as const) {
  test(`the cluster DNS is known where the cluster is narrowed ${how}`, async () => {
    await using folder = await temporaryFolder()
    await using pod = await dnsPod(2)
    await using upstream = await world()
    await using api = await clusterOf(pod)
    await using resolver = await watchingResolver(folder, { url: api.url, kubernetes }, to(upstream))
    assert.equal(await addressOf(resolver, 'web.shop.svc.cluster.local'), pod.address)
  })
}

test('a stub domain comes before the cluster DNS', async () => {
  await using folder = await temporaryFolder()
  await using pod = await dnsPod(2)
  await using stub = await NameServer.start({ address: '192.0.2.53' })
  await using upstream = await world()
  await using api = await clusterOf(pod)
  const names = ['in-addr.arpa', 'other.cluster.local']
  const stubDomains = Object.fromEntries(names.map((name) => [name, [stub.place]]))
  await using resolver = await watchingResolver(folder, api, { forward: { upstreams: [upstream.place], stubDomains } })
  for (const name of ['10.1.0.10.in-addr.arpa', 'www.other.cluster.local'])
    assert.equal(await addressOf(resolver, name), stub.address)
  for (const name of ['web.shop.svc.cluster.local', '1.0.0.0.d.f.ip6.arpa'])
    assert.equal(await addressOf(resolver, name), pod.address)
})

test('while the API server is away the pods that were last known are asked', async () => {
  await using folder = await temporaryFolder()
  await using pod = await dnsPod(2)
  await using upstream = await world()
  await using api = await clusterOf(pod)
  await using resolver = await watchingResolver(folder, api, to(upstream))
  await api.stop()
  await resolver.logged(({ msg }) => msg === 'the API server is away; answers are of what was last known', 30_000)
  assert.equal(await addressOf(resolver, 'web.shop.svc.cluster.local'), pod.address)
})

test('servers that are given come in the place of the pods; `off` sends names of the cluster upstream', async () => {
  await using folder = await temporaryFolder()
  await using pod = await dnsPod(2)
  await using given = await NameServer.start({ address: '192.0.2.53' })
  await using upstream = await world()
  await using api = await clusterOf(pod)
  const source = { url: api.url }
  await using resolver = await watchingResolver(folder, source, to(upstream))
  const name = 'web.shop.svc.cluster.local'
  assert.equal(await addressOf(resolver, name), pod.address)
  await rewatch(resolver, folder, { source, sections: { ...to(upstream), clusterDNS: [given.place] } })
  assert.equal(await addressOf(resolver, name), given.address)
  await rewatch(resolver, folder, { source, sections: { ...to(upstream), clusterDNS: 'off' } })
  assert.equal(await addressOf(resolver, name), upstream.address)
  await rewatch(resolver, folder, { source, sections: to(upstream) })
  assert.equal(await addressOf(resolver, name), pod.address)
})
