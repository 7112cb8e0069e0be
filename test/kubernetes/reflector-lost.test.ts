import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeApiServer, type FakeApiServer } from '../helpers/fake-api-server.ts'
import { service } from '../helpers/objects.ts'
import { fill } from './fill.ts'
import { Watched } from './watched.ts'

// What was not told, and what a server says that has just begun itself.

const AGO_MS = 10_000
const SILENCE_MS = 90_000
const DOUBT_MS = 60_000
const SLOWEST_MS = 30_000
const COLLECTIONS = ['services', 'endpointslices', 'nodes']

function expire(server: FakeApiServer): void {
  for (const resource of COLLECTIONS) server.intercept({ resource, isWatch: true }, { status: 410 })
  server.endWatches()
}

for (const watchList of [true, false]) {
  test(`lost events are made up for within an hour (${watchList ? 'streaming lists' : 'pages'})`, async () => {
    await using server = await startFakeApiServer({ watchList })
    fill(server)
    await using watched = new Watched(server)
    await watched.follows()
    server.removeSilently('Service', 'shop/s0')
    server.removeSilently('EndpointSlice', 'shop/s1-a')
    server.applySilently(service('lost.shop'))
    await watched.passMinutes(29)
    assert.equal(watched.state('Service').lists, 1)
    await watched.passMinutes(32)
    await watched.agrees()
    assert.deepEqual(
      COLLECTIONS.map((resource) => watched.asks(resource).filter(({ text }) => !text.startsWith('watch')).length >= 2),
      [true, true, true],
    )
    assert.equal(watched.state('Service').restarts.get('reconcile'), 1)
    assert.deepEqual(
      watched.told.map(({ contact }) => contact),
      ['live'],
    )
  })
}

test('a list that is refused when it is time for one does not end a watch that is open to us', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  const isList = ({ query }: { readonly query: URLSearchParams }) =>
    query.has('sendInitialEvents') || !query.has('watch')
  const allow = server.intercept(isList, { status: 429 }, Number.POSITIVE_INFINITY)
  await watched.passMinutes(61)
  server.apply(service('new.shop'))
  await watched.until(() => Object.keys(watched.table()).some((name) => name === 'new.shop'))
  server.removeSilently('Service', 'shop/s0')
  allow()
  await watched.passMinutes(12)
  await watched.agrees()
})

test('a collection that was emptied without a word is known to be empty a minute after the next list', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  const { name } = [...watched.directory.objects()].find(({ kind }) => kind === 'Node')!
  server.removeSilently('Node', name)
  await watched.passUntil(() => watched.state('Node').restarts.has('doubt'), 62 * 60_000)
  assert.notEqual(watched.directory.node(name), undefined)
  await watched.passUntil(() => watched.directory.node(name) === undefined, DOUBT_MS + SLOWEST_MS)
})

test('not all collections are listed again at the same time', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  await watched.passMinutes(61)
  const times = COLLECTIONS.map((resource) => watched.asks(resource)[1]?.atMs)
  assert.equal(new Set(times).size, 3)
})

test('a connection whose other end is gone is noticed after 90 s, and what came meanwhile is known', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  const before = watched.table()
  await watched.pass(1000)
  server.blackHole(true)
  server.apply(service('new.shop'))
  server.remove('Service', 'shop/s0')
  server.remove('EndpointSlice', 'shop/s1-a')
  server.blackHole(false)
  watched.clock.advance(SILENCE_MS - 1001)
  await watched.rest()
  assert.deepEqual([watched.asked.length, watched.table()], [3, before])
  await watched.pass(1000)
  await watched.follows()
  await watched.agrees()
  for (const kind of ['Service', 'EndpointSlice', 'Node'] as const)
    assert.deepEqual([...watched.state(kind).restarts], [['silence', 1]])
  assert.equal(watched.state('Service').lists, 1)
})

test('while nothing is answered what is known stays; then it is followed again', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  const before = watched.table()
  server.blackHole(true)
  for (let round = 0; round < 5; round++) {
    await watched.clock.pass(SILENCE_MS)
    await watched.clock.pass(SLOWEST_MS)
  }
  assert.deepEqual(watched.table(), before)
  assert.deepEqual(
    watched.told.map(({ contact }) => contact),
    ['live', 'away'],
  )
  server.apply(service('new.shop'))
  server.blackHole(false)
  await watched.clock.pass(SILENCE_MS)
  await watched.pass(SLOWEST_MS)
  await watched.follows()
  await watched.agrees()
  assert.equal(watched.told.at(-1)?.contact, 'live')
})

for (const watchList of [true, false]) {
  const how = watchList ? 'streaming lists' : 'pages'

  test(`a server that has just begun, and knows nothing yet, is not believed (${how})`, async () => {
    await using server = await startFakeApiServer({ watchList })
    fill(server)
    await using watched = new Watched(server)
    await watched.follows()
    const before = watched.table()
    await server.restart({ keepObjects: false, resourceVersion: server.resourceVersion + 100 })
    await watched.pass(DOUBT_MS / 2)
    assert.deepEqual(watched.table(), before)
    fill(server, 5)
    await watched.pass(DOUBT_MS / 2)
    await watched.follows()
    await watched.agrees()
  })

  test(`a server that has just begun, with older versions, is not believed (${how})`, async () => {
    await using server = await startFakeApiServer({ watchList })
    fill(server)
    for (let at = 0; at < 20; at++) server.apply(service('changed.shop', `10.0.9.${at}`))
    await using watched = new Watched(server)
    await watched.follows()
    const before = watched.table()
    await server.restart({ keepObjects: false, resourceVersion: 2 })
    fill(server, 1)
    expire(server)
    await watched.pass(DOUBT_MS / 2)
    assert.deepEqual(watched.table(), before)
    // It has caught up.
    fill(server, 20)
    await watched.pass(DOUBT_MS / 2)
    await watched.follows()
    await watched.agrees()
  })

  test(`what a server goes on to say for a minute is believed (${how})`, async () => {
    for (const resourceVersion of [2, 500]) {
      await using server = await startFakeApiServer({ watchList })
      fill(server)
      await using watched = new Watched(server)
      await watched.follows()
      const before = watched.table()
      await server.restart({ keepObjects: false, resourceVersion })
      expire(server)
      await watched.pass(DOUBT_MS - 5000)
      assert.deepEqual(watched.table(), before)
      await watched.pass(5000 + 2 * SLOWEST_MS)
      await watched.shows({})
      await watched.follows()
      fill(server, 2)
      await watched.agrees()
    }
  })
}

test('when the last object is deleted under the eyes of the watch, a list without any is right', async () => {
  await using server = await startFakeApiServer()
  fill(server, 1)
  await using watched = new Watched(server)
  await watched.follows()
  server.remove('Service', 'shop/s0')
  await watched.agrees()
  expire(server)
  await watched.pass(AGO_MS)
  assert.equal(watched.state('Service').lists, 2)
  assert.equal(watched.state('Service').restarts.get('doubt'), undefined)
})

test('a server that never had the version, and so says nothing on a watch of it, is asked for all again', async () => {
  await using server = await startFakeApiServer()
  fill(server, 4)
  await using watched = new Watched(server)
  await watched.follows()
  const before = watched.table()
  // Restored from a backup: what comes now has versions that were there before.
  await server.restart({ keepObjects: true, resourceVersion: 5 })
  await watched.until(() => !watched.isFollowing)
  await watched.passUntil(() => watched.isFollowing, AGO_MS)
  server.remove('Service', 'shop/s0')
  server.apply(service('new.shop'))
  await watched.pass(SILENCE_MS - AGO_MS)
  assert.deepEqual(watched.table(), before)
  await watched.pass(2 * AGO_MS + DOUBT_MS + SLOWEST_MS)
  await watched.follows()
  await watched.agrees()
})

test('a server that was believed at last is doubted anew when it errs again', async () => {
  await using server = await startFakeApiServer({ watchList: false })
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  for (let round = 0; round < 2; round++) {
    const before = watched.table()
    await server.restart({ keepObjects: false, resourceVersion: server.resourceVersion + 100 })
    await watched.pass(DOUBT_MS - 5000)
    assert.deepEqual(watched.table(), before)
    fill(server, 5)
    await watched.pass(5000 + SLOWEST_MS)
    await watched.follows()
    await watched.agrees()
  }
})
