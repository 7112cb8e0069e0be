import assert from 'node:assert/strict'
import { test } from 'node:test'
import { externalName, service, slice } from '../helpers/objects.ts'
import { peersMissing } from '../helpers/real-api-server.ts'
import type { LogLine } from '../helpers/running-resolver.ts'
import { allRight, answers, elsewhere, fed, here, load, local, WatchedCluster, WORLD } from './watched-cluster.ts'

// A whole resolver that watches a real API server, as its ServiceAccount.

const isReloaded = ({ msg }: LogLine): boolean => msg === 'configuration reloaded'
const labels = (serviceName: string, app: string) => ({ 'kubernetes.io/service-name': serviceName, app })

const skip = peersMissing() ?? false

test('a resolver follows a real API server', { skip }, async (t) => {
  await using watched = await WatchedCluster.start()
  const { cluster } = watched
  const { folder } = cluster
  await using resolver = await watched.resolver('config.yaml', watched.settings())

  await t.test('a Service counts from when it has a ready endpoint until it is gone', async () => {
    const shop = service('new.shop', '10.96.1.2')
    const first = slice('new.shop', ['10.1.0.2'])
    await answers(resolver, `${fed('new.shop')} CNAME`, elsewhere('new.shop'))
    await cluster.create(shop)
    await cluster.create(first)
    await answers(resolver, `${fed('new.shop')} A`, here('new.shop', '10.96.1.2'))
    await cluster.patch(first, slice('new.shop', ['!10.1.0.2']))
    await answers(resolver, `${fed('new.shop')} CNAME`, elsewhere('new.shop'))
    await cluster.patch(first, slice('new.shop', ['10.1.0.2']))
    await answers(resolver, `${fed('new.shop')} CNAME`, here('new.shop'))
    await cluster.patch(shop, { metadata: { annotations: { 'feddns.io/min-ready': '2' } } })
    await answers(resolver, `${fed('new.shop')} CNAME`, elsewhere('new.shop'))
    await cluster.create(slice('new.shop', ['10.1.0.3'], { suffix: 'b' }))
    await answers(resolver, `${fed('new.shop')} CNAME`, here('new.shop'))
    await cluster.remove(first)
    await answers(resolver, `${fed('new.shop')} CNAME`, elsewhere('new.shop'))
    await cluster.create(first)
    await answers(resolver, `${fed('new.shop')} CNAME`, here('new.shop'))
    await cluster.remove(shop)
    await answers(resolver, `${fed('new.shop')} CNAME`, elsewhere('new.shop'))
  })

  await t.test('a headless Service has the addresses of its ready pods, an ExternalName what it names', async () => {
    await cluster.create(service('db.shop', 'None'))
    const pods = slice('db.shop', ['10.1.0.5', '10.1.0.6'])
    await cluster.create(pods)
    await answers(resolver, `${fed('db.shop')} A`, here('db.shop', '10.1.0.5', '10.1.0.6'))
    await cluster.patch(pods, slice('db.shop', ['!10.1.0.5', '10.1.0.6']))
    await answers(resolver, `${fed('db.shop')} A`, here('db.shop', '10.1.0.6'))
    const outside = externalName('mail.shop', 'one.example.net')
    const chain = (target: string, ip: string) => [
      ...here('mail.shop'),
      `${local('mail.shop')} CNAME ${target}.`,
      `${target}. A ${ip}`,
    ]
    await cluster.create(outside)
    await answers(resolver, `${fed('mail.shop')} A`, chain('one.example.net', '203.0.113.11'))
    await cluster.patch(outside, { spec: { externalName: 'two.example.net' } })
    await answers(resolver, `${fed('mail.shop')} A`, chain('two.example.net', '203.0.113.12'))
  })

  await t.test('the labels of this node decide which name others are sent to', async () => {
    const label = (zone: string) =>
      cluster.patch(watched.node, { metadata: { labels: { 'topology.kubernetes.io/zone': zone } } })
    await answers(resolver, `${fed('away.shop')} CNAME`, elsewhere('away.shop', 'z1'))
    await label('z2')
    await answers(resolver, `${fed('away.shop')} CNAME`, elsewhere('away.shop', 'z2'))
    await label('z1')
    await answers(resolver, `${fed('away.shop')} CNAME`, elsewhere('away.shop', 'z1'))
  })

  await t.test(
    'what is outside of the watched part counts as missing, but not a namespace like a federation',
    async () => {
      await cluster.create(service('web.other', '10.96.1.3', { labels: { app: 'a' } }))
      await cluster.create(slice('web.other', ['10.1.0.7'], { metadata: { labels: labels('web', 'a') } }))
      await cluster.create(service('part.shop', '10.96.1.4', { labels: { app: 'a' } }))
      await cluster.create(slice('part.shop', ['10.1.0.8'], { metadata: { labels: labels('part', 'a') } }))
      await cluster.create(service('web.fleet', 'None'))
      await cluster.create(slice('web.fleet', [{ addresses: ['10.1.0.9'], hostname: 'shop' }]))
      const narrow = watched.settings({ namespaces: ['shop'], labelSelector: 'app=a' })
      await using resolver = await watched.resolver('narrow.yaml', narrow)
      const told = await resolver.logged(({ msg }) => msg.startsWith('only a part of the cluster is watched'))
      assert.deepEqual([told['namespaces'], told['labelSelector']], [['shop'], 'app=a'])
      await answers(resolver, `${fed('part.shop')} A`, here('part.shop', '10.96.1.4'))
      await answers(resolver, `${fed('web.shop')} CNAME`, elsewhere('web.shop'))
      await answers(resolver, `${fed('web.other')} CNAME`, elsewhere('web.other'))
      await resolver.logged(
        ({ msg, federation }) => msg === 'a namespace is called like a federation' && federation === 'fleet',
      )
      // A pod of the Service web in the namespace fleet has a name like that of a federated Service: it is left alone.
      await answers(resolver, `${fed('shop.web')} A`, ['NXDOMAIN'])
    },
  )

  await t.test('another configuration is taken without a moment in which the cluster is not known', async () => {
    const both = [here('web.shop'), elsewhere('web.shop')]
    await using asking = await load(resolver, {
      [`${fed('web.shop')} CNAME`]: both,
      [`${fed('part.shop')} CNAME`]: [here('part.shop'), elsewhere('part.shop')],
      'www.example.org A': [WORLD],
    })
    const take = async (content: object) => {
      await resolver.loggedAfter(() => folder.replace('config.yaml', content), isReloaded)
      await asking.more(20)
    }
    await take(watched.settings({}, { health: { minReady: 2 } }))
    await answers(resolver, `${fed('web.shop')} CNAME`, elsewhere('web.shop'))
    await take(watched.settings({ labelSelector: 'app=a' }))
    await answers(resolver, `${fed('part.shop')} CNAME`, here('part.shop'))
    await answers(resolver, `${fed('web.shop')} CNAME`, elsewhere('web.shop'))
    await take(watched.settings())
    await answers(resolver, `${fed('web.shop')} CNAME`, here('web.shop'))
    await allRight(asking)
  })
})
