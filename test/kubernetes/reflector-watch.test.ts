import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { node, service, slice } from '../helpers/objects.ts'
import { fill } from './fill.ts'
import { Watched } from './watched.ts'

// What a watch tells is known at once, once, and none of it is lost between one watch and the next.

const STABLE_MS = 10_000
const bookmark = (version: number) =>
  `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } })}\n`

const lastAsked = (watched: Watched) => watched.asks('services').at(-1)?.text

test('what is added, changed and deleted is known', async () => {
  await using server = await startFakeApiServer()
  await using watched = new Watched(server)
  await watched.follows()
  await watched.shows({})
  fill(server)
  await watched.agrees()
  server.apply(service('s0.shop', ['10.0.7.7', 'fd00::7']))
  server.apply(slice('s0.shop', ['10.1.0.0', '!10.1.0.9']))
  server.apply(slice('s0.shop', ['fd00:1::1'], { suffix: 'v6' }))
  server.apply(slice('s1.shop', ['!10.1.0.1']))
  server.apply(node('n1', 'c.d'))
  server.remove('Service', 'shop/s2')
  await watched.agrees()
  assert.deepEqual(watched.table(), {
    'node n1': 'c.d',
    's0.shop': 'up 10.0.7.7 fd00::7 by 10.1.0.0 fd00:1::1',
    's1.shop': 'down by',
  })
  server.remove('EndpointSlice', 'shop/s0-a')
  server.remove('Node', 'n1')
  await watched.agrees()
  assert.equal(watched.asked.length, 3)
})

test('a bookmark moves the version on, from which the next watch begins; an older one does not move it back', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  server.apply(slice('other.shop'))
  server.bookmark('services')
  const { resourceVersion } = server
  await watched.until(() => watched.state('Service').heardAtMs === watched.clock.now())
  await watched.pass(STABLE_MS)
  server.sendRaw('services', bookmark(2))
  await watched.until(() => watched.state('Service').heardAtMs === watched.clock.now())
  server.endWatches('services')
  await watched.until(() => lastAsked(watched) === `watch ${resourceVersion}`)
})

test('after the end of a watch the next one begins at once, where that ended', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  for (let round = 0; round < 3; round++) {
    await watched.pass(STABLE_MS)
    const { resourceVersion } = server
    server.endWatches()
    server.remove('Service', `shop/s${round}`)
    server.apply(service(`new${round}.shop`))
    await watched.agrees()
    for (const resource of ['services', 'endpointslices', 'nodes']) {
      const last = watched.asks(resource).at(-1)
      assert.equal(last?.atMs, watched.clock.now())
      if (resource === 'services') assert.equal(last.text, `watch ${resourceVersion}`)
    }
  }
  assert.deepEqual([watched.state('Service').lists, watched.state('Service').events], [1, 6])
})

test('a server that ends each watch as soon as it has begun is not asked without pause', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  server.intercept({ resource: 'services', isWatch: true }, { status: 200, body: '' }, 10)
  server.endWatches('services')
  await watched.passUntil(() => watched.asks('services').length === 12, 300_000)
  const times = watched.asks('services').map(({ atMs }) => atMs)
  for (const [at, atMs] of times.entries()) if (at > 2) assert.ok(atMs - (times[at - 1] ?? 0) >= 800)
  server.apply(service('new.shop'))
  await watched.agrees()
})

test('cut in the middle of an event, nothing is lost and nothing comes twice', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  server.apply(service('first.shop'))
  const { kind, apiVersion, ...object } = service('second.shop')
  const event = JSON.stringify({ type: 'ADDED', object: { kind, apiVersion, ...object } })
  // Also where a number ends too early: of a half nothing may be taken.
  server.sendRaw('services', event.slice(0, -30))
  server.cutWatches('services')
  server.apply(service('second.shop'))
  server.remove('Service', 'shop/s0')
  await watched.passUntil(() => watched.asks('services').length === 2, STABLE_MS)
  await watched.agrees()
  assert.deepEqual([watched.state('Service').lists, watched.state('Service').events], [1, 3])
})

test('an event that is whole but for the end of its line is not taken', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  const before = watched.table()
  server.sendRaw('services', JSON.stringify({ type: 'ADDED', object: service('ghost.shop') }))
  server.endWatches('services')
  await watched.passUntil(() => watched.asks('services').length === 2, STABLE_MS)
  assert.deepEqual(watched.table(), before)
})

test('octet by octet the events are the same', async () => {
  await using server = await startFakeApiServer()
  await using watched = new Watched(server, { pieceOctets: 1 })
  await watched.follows()
  fill(server)
  server.apply(service('ü.shop', '10.0.0.9', { annotations: { note: 'ein Wörtchen — 語' } }))
  server.remove('Service', 'shop/s0')
  await watched.agrees()
})

test('a watch is asked to last 290 to 590 seconds, and not the same for all', async () => {
  await using server = await startFakeApiServer()
  const seconds: number[] = []
  for (const random of [() => 0, () => 65_535, undefined]) {
    await using watched = new Watched(server, random && { random })
    await watched.follows()
    seconds.push(...watched.asked.map(({ query }) => Number(query.get('timeoutSeconds'))))
  }
  assert.deepEqual(seconds.slice(0, 6), [290, 290, 290, 590, 590, 590])
  const others = seconds.slice(6)
  assert.equal(new Set(others).size, 3)
  for (const one of others) assert.ok(one > 290 && one < 590)
})
