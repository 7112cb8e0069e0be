import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FakeApiServer, startFakeApiServer } from '../helpers/fake-api-server.ts'
import { service } from '../helpers/objects.ts'
import { eventually } from '../helpers/eventually.ts'
import { fill } from './fill.ts'
import { Watched } from './watched.ts'

// How a collection is listed, and that it is the same in whatever way.

const COLLECTIONS = ['services', 'endpointslices', 'nodes']
const SERVICES = [{ kind: 'Service' as const, except: [] }]
const AGO_MS = 10_000

interface Request {
  readonly resource: string
  readonly query: URLSearchParams
}

const isStream = ({ query }: Request) => query.has('sendInitialEvents')
const isNextPage = ({ resource, query }: Request) => resource === 'services' && query.has('continue')

/** Of one collection, without the times. */
const askedFor = (watched: Watched, resource = 'services') => watched.asks(resource).map(({ text }) => text)

/** All watches are told that the version which they go on from is gone. */
function expire(server: FakeApiServer): void {
  for (const resource of COLLECTIONS) server.intercept({ resource, isWatch: true }, { status: 410 })
  server.endWatches()
}

test('where streaming lists are offered, one request lists and goes on to watch', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  await watched.agrees()
  for (const resource of COLLECTIONS) assert.deepEqual(askedFor(watched, resource), ['stream'])
  server.remove('Service', 'shop/s1')
  server.apply(service('new.shop'))
  await watched.agrees()
  assert.equal(watched.asked.length, COLLECTIONS.length)
})

for (const status of [400, 422] as const) {
  test(`a server that refuses streaming lists with ${status} is asked for pages, of any version at first`, async () => {
    await using server = await startFakeApiServer({ watchList: status === 422 ? false : status })
    fill(server)
    const { resourceVersion } = server
    await using watched = new Watched(server)
    await watched.follows()
    await watched.agrees()
    for (const resource of COLLECTIONS)
      assert.deepEqual(askedFor(watched, resource), [
        'stream',
        'list NotOlderThan 0 limit 500',
        `watch ${resourceVersion}`,
      ])
    server.remove('Service', 'shop/s1')
    await watched.agrees()
    // What was refused is not asked for again soon.
    expire(server)
    await watched.passUntil(() => watched.state('Service').lists === 2, AGO_MS)
    assert.equal(askedFor(watched).filter((text) => text === 'stream').length, 1)
  })
}

test('a server that does not know streaming lists, and falls silent, is asked for pages', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  server.intercept(isStream, (_, response) => response.flushHeaders(), 3)
  await using watched = new Watched(server)
  await watched.until(() => watched.isAnswered)
  watched.clock.advance(29_999)
  assert.equal(watched.asked.length, COLLECTIONS.length)
  watched.clock.advance(1)
  await watched.follows()
  await watched.agrees()
})

test('half of a streaming list is as good as nothing', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  const tables = new Set<string>()
  await using watched = new Watched(server, {
    onTurn: (now) => now.directory.synced && tables.add(JSON.stringify(now.table())),
  })
  await watched.follows()
  expire(server)
  const half = JSON.stringify({ type: 'ADDED', object: service('half.shop') })
  server.intercept(isStream, (_, response) => void response.end(`${half}\n`), 3)
  await watched.passUntil(() => watched.state('Service').lists === 2, 60_000)
  await watched.agrees()
  assert.equal(tables.size, 1)
})

test('a large list comes in pages, all of one moment, and what changes meanwhile is watched', async () => {
  await using server = await startFakeApiServer({ watchList: false })
  fill(server, 1201)
  await using watched = new Watched(server)
  await watched.follows()
  const known = server.resourceVersion
  expire(server)
  server.applySilently(service('s7.shop', '10.9.9.9'))
  server.intercept(isNextPage, () => {
    // One that was listed, and one that is yet to be.
    server.remove('Service', 'shop/s0')
    server.remove('Service', 'shop/s999')
    server.apply(service('s998.shop', '10.9.9.8'))
    return 'serve'
  })
  await watched.passUntil(() => watched.state('Service').lists === 2, AGO_MS)
  const pages = [`list NotOlderThan ${known} limit 500`, 'list more limit 500', 'list more limit 500']
  assert.deepEqual(askedFor(watched).slice(-4), [...pages, `watch ${known + 1}`])
  await watched.agrees()
})

test('when the moment of the pages is forgotten, all is listed at once; the next time in pages again', async () => {
  await using server = await startFakeApiServer({ watchList: false })
  fill(server, 1201)
  await using watched = new Watched(server)
  await watched.follows()
  expire(server)
  server.intercept(isNextPage, () => {
    server.apply(service('new.shop'))
    server.compact()
    return 'serve'
  })
  await watched.passUntil(() => watched.state('Service').lists === 2, AGO_MS)
  assert.match(askedFor(watched).at(-2) ?? '', /^list NotOlderThan \d+$/)
  await watched.agrees()
  await watched.passMinutes(1)
  expire(server)
  await watched.passUntil(() => watched.state('Service').lists === 3, AGO_MS)
  assert.match(askedFor(watched).find((_, at, all) => at > all.length - 5) ?? '', /limit 500$/)
})

test('a server that is behind is asked again after the time that it says, and not for an older list', async () => {
  await using server = await startFakeApiServer({ watchList: false })
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  const known = server.resourceVersion
  // Another server answers now, which has not seen all yet.
  await server.restart({ keepObjects: true, resourceVersion: known - 3 })
  expire(server)
  const refusedAt = () => askedFor(watched).indexOf(`list NotOlderThan ${known} limit 500`)
  await watched.passUntil(() => refusedAt() !== -1, AGO_MS)
  const refusedAtMs = watched.asks('services')[refusedAt()]?.atMs ?? 0
  for (let at = 0; at < 4; at++) server.apply(service(`new${at}.shop`))
  await watched.passUntil(() => watched.state('Service').lists === 2, AGO_MS)
  const next = watched.asks('services')[refusedAt() + 1]
  assert.equal(next?.text, 'list limit 500')
  assert.ok(next.atMs - refusedAtMs >= 1000, `after ${next.atMs - refusedAtMs} ms`)
  await watched.agrees()
})

test('a server that does not know streaming lists, and is never silent, is asked for pages', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  const answers: { write(text: string): unknown; end(): unknown }[] = []
  server.intercept(isStream, (_, response) => void answers.push(response), Infinity)
  await using watched = new Watched(server, { collections: SERVICES })
  const object = { ...service('busy.shop'), metadata: { name: 'busy', namespace: 'shop', resourceVersion: '9' } }
  const state = watched.state('Service')
  for (let round = 0; round < 45 && state.lists === 0; round++) {
    // It ends the watch when its time is over, as any server does.
    if (round % 20 === 19) answers.at(-1)?.end()
    else {
      await eventually(() => assert.ok(state.lists > 0 || answers.length > Math.floor(round / 20)))
      answers.at(-1)?.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`)
      const nowMs = watched.clock.now()
      await watched.until(() => state.heardAtMs === nowMs)
    }
    await eventually(() => assert.ok(round % 20 !== 19 || state.restarts.size > 0))
    await watched.clock.pass(20_000)
  }
  assert.ok(watched.state('Service').lists > 0, 'listed within 15 min')
})

test('a streaming list that begins late has as long as another one', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  const { promise: isReady, resolve: begin } = Promise.withResolvers<void>()
  const { promise: isWhole, resolve: goOn } = Promise.withResolvers<void>()
  server.intercept({ resource: 'services' }, async (_, response) => {
    await isReady
    response.flushHeaders()
    await isWhole
    response.end()
  })
  await using watched = new Watched(server, { collections: SERVICES })
  watched.clock.advance(25_000)
  begin()
  await watched.until(() => watched.isAnswered)
  watched.clock.advance(10_000)
  goOn()
  await watched.rest()
  assert.deepEqual([...watched.state('Service').restarts], [['cut', 1]])
})

test('what breaks or leaves its Service before a streaming list is over is not in it', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  const stream = (events: readonly [string, object][]) =>
    events.map(([type, object]) => `${JSON.stringify({ type, object })}\n`).join('')
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  const web = [
    ['ADDED', service('web.shop')],
    ['ADDED', service('api.shop')],
    ['MODIFIED', service('web.shop', 'garbage')],
    ['DELETED', service('api.shop')],
    ['BOOKMARK', { metadata: { resourceVersion: '7', annotations } }],
  ] as const satisfies [string, object][]
  server.intercept(isStream, (_, response) => void response.write(stream(web)))
  await using watched = new Watched(server, { collections: SERVICES })
  await watched.follows()
  assert.deepEqual(watched.table(), {})
})
