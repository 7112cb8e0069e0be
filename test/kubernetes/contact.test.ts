import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { service } from '../helpers/objects.ts'
import { fill } from './fill.ts'
import { Watched } from './watched.ts'

// Whether what is known is what is: told when all is listed and watched, and when that has not been so for 10 s.

const tellings = ({ told }: Watched) => told.map(({ contact }) => contact)

test('nothing is told before all is listed', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  const undo = server.intercept({ resource: 'nodes' }, { status: 503 }, Infinity)
  await using watched = new Watched(server)
  await watched.pass(5000)
  assert.deepEqual([tellings(watched), watched.directory.knowledge], [[], 'none'])
  undo()
  await watched.pass(4000)
  await watched.follows()
  assert.deepEqual([tellings(watched), watched.directory.knowledge], [['live'], 'live'])
})

test('a node that may not be read is done without, until it may be', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  const undo = server.intercept({ resource: 'nodes' }, { status: 403 }, Infinity)
  await using watched = new Watched(server)
  await watched.pass(60_000)
  assert.deepEqual([tellings(watched), watched.directory.node('n1')], [['live'], undefined])
  undo()
  await watched.passUntil(() => watched.directory.node('n1') !== undefined, 60_000)
  assert.deepEqual(tellings(watched), ['live'])
})

test('Services that may not be read are not done without', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  server.intercept({ resource: 'services' }, { status: 403 }, Infinity)
  await using watched = new Watched(server)
  await watched.pass(60_000)
  assert.ok(!tellings(watched).includes('live'))
})

test('10 s after the contact is lost it counts as away, and as live when all are back', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  await watched.pass(30_000)
  server.bookmark()
  await watched.until(() => watched.state('Node').heardAtMs === watched.clock.now())
  await watched.rest()
  const lostAtMs = watched.clock.now()
  await server.stop()
  await watched.until(() => watched.state('Service').failingSinceMs !== undefined)
  await watched.pass(9800)
  assert.deepEqual(tellings(watched), ['live'])
  await watched.pass(400)
  assert.deepEqual(watched.told[1], { contact: 'away', atMs: lostAtMs + 10_000 })
  assert.equal(watched.directory.knowledge, 'away')
  await server.start()
  const undo = server.intercept({ resource: 'nodes' }, { status: 503 }, Infinity)
  await watched.pass(30_000)
  assert.deepEqual(tellings(watched), ['live', 'away'])
  undo()
  await watched.pass(31_000)
  await watched.follows()
  assert.deepEqual([tellings(watched), watched.directory.knowledge], [['live', 'away', 'live'], 'live'])
})

test('a watch that ends and is opened again, or a list that is repeated, is no loss', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  for (let round = 0; round < 5; round++) {
    server.endWatches()
    await watched.pass(11_000)
    server.apply(service('web.shop', `10.0.0.${round}`))
    await watched.agrees()
  }
  server.endWatches()
  server.apply(service('newer.shop'))
  server.compact()
  await watched.passUntil(() => watched.state('Service').lists === 2, 20_000)
  await watched.agrees()
  assert.deepEqual(tellings(watched), ['live'])
})

test('a connection that breaks and is made again within 10 s is no loss', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  for (let round = 0; round < 3; round++) {
    await watched.passMinutes(1)
    server.cutWatches()
    await watched.until(() => !watched.isFollowing)
    await watched.passUntil(() => watched.isFollowing, 9000)
  }
  assert.deepEqual(tellings(watched), ['live'])
})

test('so is a server that is replaced by another one, also where nothing has happened for a while', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  await watched.passMinutes(2)
  await watched.pass(30_000)
  await server.restart()
  await watched.until(() => !watched.isFollowing)
  await watched.passUntil(() => watched.isFollowing, 9000)
  assert.deepEqual(tellings(watched), ['live'])
})
