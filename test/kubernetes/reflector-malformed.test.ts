import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { service } from '../helpers/objects.ts'
import { fill } from './fill.ts'
import { Watched } from './watched.ts'

// What cannot be understood is told, and keeps nothing else from being known.

const AGO_MS = 10_000
const MIB = 1024 * 1024
const lineOf = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`
const ofSize = (name: string, octets: number) =>
  service(name, '10.0.5.5', { annotations: { note: 'x'.repeat(octets) } })

const GARBAGE = {
  'no JSON': 'upstream connect error\n',
  'half of an object': '{"type":"ADDED"\n',
  'no object': '7\n',
  'an unknown type': lineOf('REPLACED', service('web.shop')),
  'no type': '{}\n',
}

for (const [what, line] of Object.entries(GARBAGE)) {
  test(`after a line that is ${what} all is listed again, as an event may have been lost with it`, async () => {
    await using server = await startFakeApiServer()
    fill(server)
    await using watched = new Watched(server)
    await watched.follows()
    server.apply(service('before.shop'))
    server.applySilently(service('lost.shop'))
    server.removeSilently('Service', 'shop/s0')
    server.sendRaw('services', line)
    await watched.passUntil(() => watched.state('Service').lists === 2, AGO_MS)
    await watched.agrees()
    assert.equal(watched.state('Service').restarts.get('garbled'), 1)
  })
}

test('an object of 10 MiB is watched, one of 17 MiB is left out and counted', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  server.apply(ofSize('large.shop', 10 * MIB))
  server.apply(ofSize('huge.shop', 17 * MIB))
  server.apply(service('after.shop'))
  await watched.until(() => watched.table()['after.shop'] !== undefined)
  assert.deepEqual([watched.table()['large.shop'], watched.table()['huge.shop']], ['down by', undefined])
  assert.deepEqual([watched.state('Service').skips, watched.state('Service').lists], [1, 1])
  assert.match(watched.problems.join(), /an object of more than 16777216 octets/)
})

for (const watchList of [true, false]) {
  test(`the same in ${watchList ? 'a streaming list' : 'pages'}`, async () => {
    await using server = await startFakeApiServer({ watchList })
    fill(server)
    server.apply(ofSize('large.shop', 10 * MIB))
    server.apply(ofSize('huge.shop', 17 * MIB))
    await using watched = new Watched(server)
    await watched.follows()
    const names = Object.keys(watched.table())
    assert.deepEqual(names, ['large.shop', 'node n1', 's0.shop', 's1.shop', 's2.shop'])
    assert.equal(watched.state('Service').skips, 1)
  })
}

test('an object without metadata, or that is none, changes nothing', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  for (const type of ['ADDED', 'MODIFIED', 'DELETED']) {
    for (const object of [{ kind: 'Service' }, { metadata: {} }, { metadata: { name: 7 } }, null, [], 'web', undefined])
      server.sendRaw('services', lineOf(type, object))
  }
  server.apply(service('after.shop'))
  await watched.agrees()
  assert.equal(watched.state('Service').lists, 1)
  assert.match(watched.problems.join(), /a Service without metadata.name/)
})

test('items of a list without metadata, or that are none, are left out', async () => {
  await using server = await startFakeApiServer({ watchList: false })
  fill(server)
  const items = [{}, service('web.shop'), { metadata: null }, service('bad.shop', 'garbage'), service('api.shop')]
  const list = { kind: 'ServiceList', metadata: { resourceVersion: String(server.resourceVersion) }, items }
  server.intercept({ resource: 'services', isWatch: false }, { status: 200, body: list })
  await using watched = new Watched(server)
  await watched.follows()
  assert.deepEqual(Object.keys(watched.table()), ['api.shop', 'node n1', 'web.shop'])
})

const NO_LISTS = {
  'a page of HTML': '<html>Please log in</html>',
  nothing: '',
  'a list that is cut off': '{"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"web"}},{',
  'a list without version': '{"metadata":{},"items":[]}',
  'a list with garbage in it': '{"metadata":{"resourceVersion":"9"},"items":[{"metadata":}]}',
  null: 'null',
}

for (const [what, body] of Object.entries(NO_LISTS)) {
  test(`${what} in place of a list is not taken for one`, async () => {
    await using server = await startFakeApiServer({ watchList: false })
    fill(server)
    await using watched = new Watched(server)
    await watched.follows()
    const before = watched.table()
    server.intercept({ resource: 'services', isWatch: true }, { status: 410 })
    server.intercept({ resource: 'services', isWatch: false }, { status: 200, body }, 3)
    server.endWatches('services')
    await watched.passUntil(() => watched.asks('services').length >= 7, 60_000)
    assert.deepEqual(watched.table(), before)
    await watched.passUntil(() => watched.state('Service').lists === 2, 60_000)
    await watched.agrees()
  })
}

test('a Service that breaks counts as missing, and is there again when it is mended', async () => {
  await using server = await startFakeApiServer()
  fill(server)
  await using watched = new Watched(server)
  await watched.follows()
  server.apply(service('s0.shop', 'garbage'))
  server.apply(service('s1.shop', 'garbage'))
  await watched.shows({ 'node n1': 'a.b', 's2.shop': 'up 10.0.0.2 by 10.1.0.2' })
  assert.match(watched.problems.join(), /Service shop\/s0: cluster IP "garbage" is not an IP address/)
  server.remove('Service', 'shop/s1')
  server.apply(service('s0.shop', '10.0.0.8'))
  await watched.shows({ 'node n1': 'a.b', 's0.shop': 'up 10.0.0.8 by 10.1.0.0', 's2.shop': 'up 10.0.0.2 by 10.1.0.2' })
})
