import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../helpers/eventually.ts'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { service } from '../helpers/objects.ts'
import { fill } from './fill.ts'
import { Watched } from './watched.ts'

// A server that refuses is asked again: as soon as it wants to be, not by all at once, and what is known stays.

const AGO_MS = 10_000
const MOST_MS = 30_000

/** Between each request for a collection and the one before. */
function gapsOf(watched: Watched, resource: string): number[] {
  const times = watched.asks(resource).map(({ atMs }) => atMs)
  return times.slice(1).map((atMs, at) => atMs - (times[at] ?? 0))
}

for (const expiredWatch of ['event', 'status'] as const) {
  for (const watchList of [true, false]) {
    const how = `410 as ${expiredWatch}, ${watchList ? 'streaming lists' : 'pages'}`
    test(`when the version is too old, all is listed again (${how})`, async () => {
      await using server = await startFakeApiServer({ expiredWatch, watchList })
      fill(server)
      await using watched = new Watched(server)
      await watched.follows()
      server.cutWatches()
      server.remove('Service', 'shop/s0')
      server.remove('EndpointSlice', 'shop/s1-a')
      server.apply(service('new.shop'))
      server.compact()
      await watched.passUntil(() => watched.state('Service').lists === 2, AGO_MS)
      await watched.agrees()
      assert.equal(watched.state('Service').restarts.get('gone'), 1)
    })
  }
}

test('a storm of 410 does not become a storm of requests, and nothing is forgotten in it', async () => {
  await using server = await startFakeApiServer({ watchList: false })
  fill(server)
  const tables = new Set<string>()
  await using watched = new Watched(server, {
    onTurn: (now) => now.directory.knowledge === 'none' || tables.add(JSON.stringify(now.table())),
  })
  await watched.follows()
  await watched.agrees()
  server.intercept({ resource: 'services', isWatch: true }, { status: 410 }, 20)
  server.endWatches('services')
  const { restarts } = watched.state('Service')
  await watched.passUntil(() => restarts.get('gone') === 20, 20 * MOST_MS)
  await watched.agrees()
  assert.equal(tables.size, 1)
  const lists = watched.asks('services').filter(({ text }) => text.startsWith('list'))
  const tookMs = (lists.at(-1)?.atMs ?? 0) - (lists[1]?.atMs ?? 0)
  assert.ok(tookMs > 60_000, `20 lists in ${tookMs} ms`)
  for (const gapMs of gapsOf(watched, 'services')
    .slice(4)
    .filter((gapMs) => gapMs > 0))
    assert.ok(gapMs >= 800)
})

test('after 429 nobody comes back before the time that the server says, and not all at the same time', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  server.intercept(() => true, { status: 429, headers: { 'Retry-After': '5' } }, 3)
  await using watched = new Watched(server)
  await watched.pass(4990, 10)
  assert.equal(watched.asked.length, 3)
  await watched.pass(900, 1)
  await watched.agrees()
  const times = watched.asked.slice(3).map(({ atMs }) => atMs)
  assert.deepEqual([times.length, new Set(times).size], [3, 3])
})

test('the time that a Status says holds as well', async () => {
  await using server = await startFakeApiServer()
  const details = { retryAfterSeconds: 7 }
  server.intercept(() => true, { status: 500, body: { kind: 'Status', code: 500, details } }, 3)
  await using watched = new Watched(server)
  await watched.pass(6900, 100)
  assert.equal(watched.asked.length, 3)
  await watched.pass(1000, 100)
  assert.equal(watched.asked.length, 6)
})

for (const status of [401, 403, 429, 500, 503]) {
  test(`a server that says ${status} again and again is asked ever less often, then as before`, async () => {
    await using server = await startFakeApiServer()
    fill(server)
    await using watched = new Watched(server)
    await watched.follows()
    const before = watched.table()
    const undo = server.intercept({ resource: 'services' }, { status }, Infinity)
    server.cutWatches('services')
    await watched.passUntil(() => watched.asks('services').length === 25, 25 * MOST_MS)
    assert.deepEqual(watched.table(), before)
    undo()
    server.apply(service('new.shop'))
    await watched.passUntil(() => server.openWatches('services') === 1, MOST_MS)
    await watched.agrees()
    const gaps = gapsOf(watched, 'services').slice(2)
    assert.ok(
      gaps.every((gapMs) => gapMs >= 800 && gapMs <= MOST_MS + 200),
      String(gaps),
    )
    assert.ok(
      gaps.slice(6).some((gapMs) => gapMs > 10_000),
      String(gaps),
    )
    await watched.pass(AGO_MS)
    server.cutWatches('services')
    server.apply(service('newer.shop'))
    await watched.pass(1000)
    await watched.agrees()
  })
}

test('a server that is away is tried ever less often, and followed again when it is back', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  const before = watched.table()
  await server.stop()
  server.apply(service('new.shop'))
  await watched.pass(600_000)
  assert.deepEqual(watched.table(), before)
  for (const resource of ['services', 'endpointslices', 'nodes']) {
    const tries = watched.asks(resource).length
    assert.ok(tries > 25 && tries < 150, `${tries} tries`)
  }
  await server.start()
  await watched.pass(MOST_MS + 200)
  await watched.follows()
  await watched.agrees()
})

test('when one watch finds that a server is back, the others do not wait any longer', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  await server.stop()
  await watched.pass(600_000)
  await server.start()
  const isBack = (kind: 'Service' | 'EndpointSlice' | 'Node') => watched.state(kind).failingSinceMs === undefined
  await watched.passUntil(() => isBack('Service') || isBack('EndpointSlice') || isBack('Node'), MOST_MS + 200)
  const backAtMs = watched.clock.now()
  await watched.follows()
  assert.equal(watched.clock.now(), backAtMs)
})

test('a server that takes long to refuse is asked ever less often as well', async () => {
  await using server = await startFakeApiServer()
  const { promise: never } = Promise.withResolvers<void>()
  const refusals: (() => void)[] = []
  server.intercept(
    { resource: 'services' },
    async (_, response) => {
      refusals.push(() => void response.writeHead(503).end())
      await never
    },
    Infinity,
  )
  await using watched = new Watched(server, { collections: [{ kind: 'Service', except: [] }] })
  for (let round = 1; round <= 12; round++) {
    await eventually(() => assert.equal(refusals.length, round))
    watched.clock.advance(15_000)
    refusals.at(-1)?.()
    await watched.until(() => watched.state('Service').restarts.get('status') === round)
    for (let ms = 0; watched.asked.length === round && ms < 2 * MOST_MS; ms += 100) await watched.clock.pass(100)
  }
  const pauses = gapsOf(watched, 'services').map((gapMs) => gapMs - 15_000)
  assert.ok(
    pauses.some((ms) => ms > 5000),
    `pauses of ${String(pauses)} ms`,
  )
})

test('a watch that fails again and again at the same version is given up for a list', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  // As of an object that the server cannot decode: whoever watches from before it comes to it again.
  const status = { kind: 'Status', code: 500, reason: 'InternalError', message: 'unable to transform key' }
  const body = `${JSON.stringify({ type: 'ERROR', object: status })}\n`
  const isWatch = ({ query, resource }: { readonly query: URLSearchParams; readonly resource: string }) =>
    resource === 'services' && query.has('resourceVersion')
  server.intercept(isWatch, { status: 200, body }, Infinity)
  server.cutWatches('services')
  server.apply(service('new.shop'))
  await watched.pass(600_000, 1000).catch(() => {})
  assert.ok(watched.state('Service').lists > 1, 'listed again within 10 min')
  await watched.agrees()
})

for (const status of [429, 503]) {
  test(`a server that was overloaded, and said ${status}, is not asked for all there is when it is not any more`, async () => {
    await using server = await startFakeApiServer()
    fill(server)
    await using watched = new Watched(server)
    await watched.follows()
    const undo = server.intercept(() => true, { status }, Infinity)
    server.cutWatches()
    await watched.pass(120_000)
    undo()
    server.apply(service('new.shop'))
    await watched.pass(MOST_MS + 200)
    await watched.follows()
    await watched.agrees()
    assert.deepEqual([watched.state('Service').lists, watched.state('EndpointSlice').lists], [1, 1])
  })
}
