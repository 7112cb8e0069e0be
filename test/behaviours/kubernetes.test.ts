import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../helpers/eventually.ts'
import { type FakeApiServer, startFakeApiServer } from '../helpers/fake-api-server.ts'
import { node, service, slice } from '../helpers/objects.ts'
import { queryPacket } from '../helpers/packets.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { fill } from '../kubernetes/fill.ts'
import { kubeconfigOf } from '../kubernetes/kubeconfig-file.ts'
import { Watched } from '../kubernetes/watched.ts'
import { behaviour } from './behaviour.ts'
import { EACH, Rig } from './rig.ts'
import { type Reply, untimed } from './reply.ts'

const FROM = 'svc.cluster.local.'
const asking = (name: string): Buffer => queryPacket(name, { id: 0xbeef, edns: {} })
const addressesOf = ({ answer }: Reply): string[] =>
  answer.flatMap((line) => / A (\S+)$/.exec(line)?.[1] ?? []).toSorted()

interface Source {
  readonly grace?: string
  /** Of the kubeconfig. */
  readonly user?: Readonly<Record<string, unknown>>
}

/** A resolver that watches a fake API server. */
const watching = (api: FakeApiServer, { grace = '30s', user = {} }: Source = {}): Promise<Rig> =>
  Rig.start({
    files: { kubeconfig: kubeconfigOf({ cluster: { server: api.url }, user }) },
    config: (file) => ({ source: { kubernetes: { kubeconfig: file('kubeconfig') }, grace }, clusterDNS: 'off' }),
  })

const known = (one: Rig) => one.resolver.logged(({ msg }) => msg === 'the cluster is known, and watched')
const has = (one: Rig, name: string, address: string) =>
  eventually(async () => assert.deepEqual(addressesOf(await one.ask(asking(`${name}.fleet`))), [address]), 20_000)

describe('Kubernetes', { concurrency: 8 }, () => {
  // DESIGN section 3: SERVFAIL for `source.grace`; then the public name, as of a cluster without the Service.
  behaviour('K8S-12', 'while the cluster was never read it is SERVFAIL with the reason, never NXDOMAIN', async () => {
    const api = await startFakeApiServer()
    await api.stop()
    await using blind = await watching(api, { grace: '6s' })
    const names = ['web.shop.fleet', `web.shop.fleet.${FROM}`, '_http._tcp.web.shop.fleet']
    for (const name of names) {
      for (const via of EACH) {
        const got = await blind.ask(asking(name), via)
        assert.deepEqual([got.head, got.errors], ['beef 0 SERVFAIL qr rd ra 1/0/0/1', [14]])
      }
    }
    const ready = await blind.page('/readyz')
    assert.deepEqual([ready.status, (await blind.page('/healthz')).status], [503, 200])
    assert.match(ready.body, /the state of the cluster is not known/)
    for (const via of EACH) {
      const other = await blind.ask(asking(`${via}.k8s12.example`), via)
      assert.equal(other.head, 'beef 0 NOERROR qr rd ra 1/1/0/1')
    }
    await eventually(async () => {
      const got = await blind.ask(asking('web.shop.fleet'))
      assert.match(untimed(got.answer)[0] ?? '', /^web\.shop\.fleet\. CNAME web\.shop\.fleet\.svc\.example\.com\.$/)
      assert.equal(got.rcode, 0)
    })
  })

  behaviour('K8S-13', 'what is known of the cluster is answered while the API server is away', async () => {
    await using api = await startFakeApiServer()
    api.apply(service('web.shop', '10.96.1.1'))
    api.apply(slice('web.shop'))
    api.apply(node('n1', 'z1.r1'))
    await using resolver = await watching(api)
    await known(resolver)
    await has(resolver, 'web.shop', '10.96.1.1')
    assert.equal(await resolver.metric('feddns_cluster_age_seconds'), 0)
    await api.stop()
    const until = Date.now() + 11_500
    while (Date.now() < until) {
      for (const via of EACH)
        assert.deepEqual(addressesOf(await resolver.ask(asking('web.shop.fleet'), via)), ['10.96.1.1'])
      await sleep(250)
    }
    const got = await resolver.ask(asking('web.shop.fleet'))
    assert.deepEqual([got.head, got.errors], ['beef 0 NOERROR qr aa rd ra 1/2/0/1', [3]])
    assert.ok((await resolver.metric('feddns_cluster_age_seconds')) >= 10)
    assert.deepEqual([(await resolver.page('/healthz')).status, (await resolver.page('/readyz')).status], [200, 200])
  })

  // Ninety seconds, and an hour, on a clock that is moved; what is watched and how is the same as in the process.
  behaviour('K8S-14', 'a watch that is dead without a word is found out within two minutes', async () => {
    await using api = await startFakeApiServer()
    fill(api)
    await using watched = new Watched(api)
    await watched.follows()
    api.blackHole(true)
    api.apply(service('new.shop'))
    api.blackHole(false)
    await watched.pass(60_000)
    assert.equal('new.shop' in watched.table(), false)
    await watched.passUntil(() => 'new.shop' in watched.table(), 60_000)
  })

  behaviour('K8S-15', 'events that were lost are made up for by the next list', async () => {
    await using api = await startFakeApiServer()
    fill(api)
    await using watched = new Watched(api)
    await watched.follows()
    api.applySilently(service('lost.shop'))
    api.removeSilently('Service', 'shop/s0')
    assert.equal('lost.shop' in watched.table(), false)
    await watched.passMinutes(61)
    await watched.agrees()
    assert.deepEqual(['lost.shop' in watched.table(), 's0.shop' in watched.table()], [true, false])
  })

  behaviour('K8S-17', 'after 429 nobody asks before the time that the server says, and not all at once', async () => {
    const starts = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (seed) => {
        await using api = await startFakeApiServer()
        fill(api)
        api.intercept(() => true, { status: 429, headers: { 'Retry-After': '5' } }, 3)
        let state = seed * 7919
        const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 16
        await using watched = new Watched(api, { random })
        await watched.rest()
        const begin = watched.clock.now()
        await watched.pass(4800)
        assert.equal(watched.asked.length, 3)
        await watched.passUntil(() => watched.isFollowing, 30_000)
        const again = watched.asked.slice(3).map(({ atMs }) => atMs - begin)
        assert.ok(again.length >= 3 && Math.min(...again) >= 4800, again.join())
        return again[0]
      }),
    )
    assert.ok(new Set(starts).size > 1, starts.join())
  })

  behaviour('K8S-19', 'lists are streamed where the API server can do that, and paged where it cannot', async () => {
    for (const watchList of [true, 422] as const) {
      await using api = await startFakeApiServer({ watchList })
      api.apply(service('web.shop', '10.96.1.1'))
      api.apply(slice('web.shop'))
      await using resolver = await watching(api)
      await known(resolver)
      await has(resolver, 'web.shop', '10.96.1.1')
      const asked = api.requests.filter(({ resource }) => resource === 'services').map(({ query }) => query)
      assert.ok(asked.some((query) => query.get('sendInitialEvents') === 'true'))
      assert.equal(
        asked.some((query) => query.has('limit') && !query.has('watch')),
        watchList !== true,
      )
      api.apply(service('next.shop', '10.96.1.2'))
      api.apply(slice('next.shop'))
      await has(resolver, 'next.shop', '10.96.1.2')
    }
    await using api = await startFakeApiServer({ watchList: 400 })
    fill(api)
    await using watched = new Watched(api)
    await watched.follows()
    await watched.agrees()
    assert.ok(watched.asks('services').some(({ text }) => text.startsWith('list')))
  })

  behaviour('K8S-20', 'a token that is written anew is used from the next request on', async () => {
    await using api = await startFakeApiServer()
    let good = 'Bearer-one'
    api.acceptsToken = (token) => token === good
    api.apply(service('web.shop', '10.96.1.1'))
    api.apply(slice('web.shop'))
    await using folder = await temporaryFolder()
    const tokenFile = await folder.write('token', `${good}\n`)
    await using resolver = await watching(api, { user: { tokenFile } })
    await known(resolver)
    await has(resolver, 'web.shop', '10.96.1.1')
    const { pid } = resolver.resolver
    good = 'Bearer-two'
    await folder.replace('token', `${good}\n`)
    api.apply(service('next.shop', '10.96.1.2'))
    api.apply(slice('next.shop'))
    // The watches are closed, and opened again with the other token.
    api.cutWatches()
    await has(resolver, 'next.shop', '10.96.1.2')
    assert.equal(resolver.resolver.pid, pid)
    assert.ok(api.requests.some(({ headers }) => headers.authorization === `Bearer ${good}`))
  })
})
