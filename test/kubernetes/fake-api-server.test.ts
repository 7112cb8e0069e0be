import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { type FakeApiServer, startFakeApiServer } from '../helpers/fake-api-server.ts'
import { settled } from '../helpers/moved-clock.ts'
import { node, service, slice } from '../helpers/objects.ts'

// What the tests of the reflector rely on: that the API server they run against answers and fails as a real one does.

const SERVICES = '/api/v1/services'
const SLICES = '/apis/discovery.k8s.io/v1/endpointslices'
const STREAMED = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'

async function open(server: FakeApiServer, path: string, headers: OutgoingHttpHeaders = {}): Promise<IncomingMessage> {
  const [response] = await once(get(`${server.url}${path}`, { headers, agent: false }), 'response')
  return response
}

// An object, a list or a Status.
interface Body {
  readonly metadata: { name?: string; resourceVersion?: string; continue?: string; remainingItemCount?: number }
  readonly items: readonly Body[]
  readonly [field: string]: unknown
}

async function ask(server: FakeApiServer, path: string, headers?: OutgoingHttpHeaders) {
  const response = await open(server, path, headers)
  return { status: response.statusCode, body: JSON.parse(await text(response)) as Body }
}

const namesOf = ({ body }: { readonly body: Body }) => body.items.map(({ metadata }) => metadata.name)

type Events = AsyncGenerator<{ readonly type: string; readonly object: Body }, undefined>

// Ends when the body ends as it should, throws when it is cut.
async function* eventsOf(response: IncomingMessage): Events {
  let rest = ''
  for await (const chunk of response) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line)
  }
}

const watch = async (server: FakeApiServer, path: string) => eventsOf(await open(server, path))

async function take(events: Events, count: number): Promise<string[]> {
  const taken: string[] = []
  while (taken.length < count) {
    const { value } = await events.next()
    assert.ok(value, 'the watch has not ended')
    const { name, resourceVersion } = value.object.metadata
    taken.push([value.type, name, resourceVersion].filter(Boolean).join(' '))
  }
  return taken
}

const isDone = async (events: Events) => (await events.next()).done

test('a list has the version of all, and items without kind', async () => {
  await using server = await startFakeApiServer()
  for (const name of ['web.shop', 'api.shop', 'db.store']) server.apply(service(name))
  server.apply(slice('web.shop'))
  server.apply(node('worker', 'a.b'))
  const all = await ask(server, SERVICES)
  assert.deepEqual(namesOf(all), ['api', 'web', 'db'])
  assert.deepEqual(all.body.metadata, { resourceVersion: '6' })
  const [first] = all.body.items
  assert.deepEqual([first?.['kind'], first?.metadata.resourceVersion], [undefined, '3'])
  assert.deepEqual(namesOf(await ask(server, '/api/v1/namespaces/store/services')), ['db'])
  assert.deepEqual(namesOf(await ask(server, '/api/v1/nodes?fieldSelector=metadata.name%3Dother')), [])
  assert.equal((await ask(server, '/api/v1/pods')).status, 404)
})

test('pages show one moment, until it is compacted', async () => {
  await using server = await startFakeApiServer()
  for (const name of ['a', 'b', 'c', 'd']) server.apply(service(name))
  const first = await ask(server, `${SERVICES}?limit=2`)
  const token = first.body.metadata.continue
  assert.deepEqual([namesOf(first), first.body.metadata.remainingItemCount], [['a', 'b'], 2])
  server.remove('Service', 'default/c')
  server.apply(service('e'))
  const second = await ask(server, `${SERVICES}?limit=2&continue=${token}`)
  assert.deepEqual([namesOf(second), second.body.metadata], [['c', 'd'], { resourceVersion: '5' }])
  server.compact()
  const third = await ask(server, `${SERVICES}?limit=2&continue=${token}`)
  assert.deepEqual([third.status, third.body['reason']], [410, 'Expired'])
  assert.deepEqual(namesOf(await ask(server, `${SERVICES}?continue=${third.body.metadata.continue}`)), ['d', 'e'])
})

test('a version that is yet to come is too large', async () => {
  await using server = await startFakeApiServer()
  const { status, body } = await ask(server, `${SERVICES}?resourceVersion=9&resourceVersionMatch=NotOlderThan`)
  const message = 'Timeout: Too large resource version: 9, current: 1'
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]
  assert.deepEqual([status, body['reason'], body['message']], [504, 'Timeout', message])
  assert.deepEqual(body['details'], { causes, retryAfterSeconds: 1 })
})

test('a watch has what it missed, then what happens, and bookmarks if it allows them', async () => {
  await using server = await startFakeApiServer()
  for (const name of ['web', 'api']) server.apply(service(name))
  const events = await watch(server, `${SERVICES}?watch=1&resourceVersion=2&allowWatchBookmarks=true`)
  const plain = await watch(server, `${SERVICES}?watch=1&resourceVersion=3`)
  await server.until(() => server.openWatches('services') === 2)
  server.apply(slice('web'))
  server.bookmark()
  server.applySilently(service('lost'))
  server.remove('Service', 'default/web')
  assert.deepEqual(await take(events, 3), ['ADDED api 3', 'BOOKMARK 4', 'DELETED web 6'])
  assert.deepEqual(await take(plain, 1), ['DELETED web 6'])
})

test('a streamed list ends with a bookmark; an older server refuses it', async () => {
  await using server = await startFakeApiServer()
  for (const name of ['web', 'api']) server.apply(service(name))
  const events = await watch(server, `${SERVICES}?${STREAMED}`)
  assert.deepEqual(await take(events, 2), ['ADDED api 3', 'ADDED web 2'])
  const { value } = await events.next()
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  assert.deepEqual(value?.object.metadata, { resourceVersion: '3', annotations })
  server.apply(service('web'))
  assert.deepEqual(await take(events, 1), ['MODIFIED web 4'])
  server.watchList = false
  const { status, body } = await ask(server, `${SERVICES}?${STREAMED}`)
  assert.deepEqual([status, body['reason']], [422, 'Invalid'])
  assert.match(String(body['message']), /sendInitialEvents is forbidden for watch unless the WatchList feature gate/)
})

test('a watch of a version that is too old ends with 410, as an event or as the status', async () => {
  await using server = await startFakeApiServer()
  server.apply(service('web'))
  server.compact()
  const events = await watch(server, `${SERVICES}?watch=1&resourceVersion=1`)
  const { value } = await events.next()
  assert.deepEqual([value?.type, value?.object['code'], value?.object['reason']], ['ERROR', 410, 'Expired'])
  assert.equal(value?.object['message'], 'too old resource version: 1 (2)')
  assert.ok(await isDone(events))
  server.expiredWatch = 'status'
  assert.equal((await ask(server, `${SERVICES}?watch=1&resourceVersion=1`)).status, 410)
})

test('an object that leaves a selection is deleted for its watchers, one that enters is added', async () => {
  await using server = await startFakeApiServer()
  const selector = encodeURIComponent('app in (web, api),tier!=test,!hidden,zone')
  const events = await watch(server, `${SERVICES}?watch=1&labelSelector=${selector}`)
  const labels = { app: 'web', zone: 'a' }
  for (const now of [labels, { ...labels, hidden: '' }, labels, { ...labels, app: 'x' }, { ...labels, tier: 'test' }])
    server.apply(service('web', undefined, { labels: now }))
  server.apply(service('api', undefined, { labels }))
  const expected = 'ADDED web 2, DELETED web 3, ADDED web 4, DELETED web 5, ADDED api 7'
  assert.equal((await take(events, 5)).join(', '), expected)
  assert.equal((await ask(server, `${SERVICES}?labelSelector=a%20b`)).status, 400)
})

test('tokens and permissions are asked for', async () => {
  await using server = await startFakeApiServer({ acceptsToken: (token) => token === 'good' })
  server.allows = ({ resource }) => resource !== 'endpointslices'
  assert.equal((await ask(server, SERVICES)).status, 401)
  const good = { authorization: 'Bearer good' }
  assert.equal((await ask(server, SERVICES, good)).status, 200)
  const { status, body } = await ask(server, SLICES, good)
  assert.deepEqual([status, body['reason']], [403, 'Forbidden'])
  assert.deepEqual(body['details'], { group: 'discovery.k8s.io', kind: 'endpointslices' })
})

test('a watch ends in time, when told, or is cut in the middle', async () => {
  await using server = await startFakeApiServer()
  assert.ok(await isDone(await watch(server, `${SERVICES}?watch=1&timeoutSeconds=0.01`)))
  const ended = await watch(server, `${SERVICES}?watch=1`)
  server.sendRaw('services', '{"type":"ADDED","object":{"metadata":')
  server.sendRaw('services', Buffer.from('{"name":"raw"}}}\n{"type":'))
  server.endWatches('services')
  assert.deepEqual(await take(ended, 1), ['ADDED raw'])
  assert.ok(await isDone(ended))
  const cut = await watch(server, `${SERVICES}?watch=1`)
  server.apply(service('web'))
  assert.deepEqual(await take(cut, 1), ['ADDED web 2'])
  server.cutWatches()
  await assert.rejects(cut.next(), { code: 'ECONNRESET' })
  assert.equal(server.openWatches(), 0)
})

test('what falls into the black hole stays there', async () => {
  await using server = await startFakeApiServer()
  const before = await open(server, `${SERVICES}?watch=1`)
  server.blackHole(true)
  const during = connect(Number(new URL(server.url).port), '127.0.0.1')
  await once(during, 'connect')
  // The server accepts it in its own turn.
  await settled()
  await settled()
  during.write(`GET ${SERVICES} HTTP/1.1\r\nHost: x\r\n\r\n`)
  server.apply(service('web'))
  server.blackHole(false)
  server.apply(service('api'))
  assert.deepEqual(namesOf(await ask(server, SERVICES)), ['api', 'web'])
  assert.deepEqual([before.readableEnded, before.destroyed, before.read()], [false, false, null])
  assert.deepEqual([during.closed, during.bytesRead], [false, 0])
  during.destroy()
})

test('it goes away and comes back on its port, with what it had or as another', async () => {
  await using server = await startFakeApiServer()
  for (const name of ['web', 'api']) server.apply(service(name))
  const events = await watch(server, `${SERVICES}?watch=1&resourceVersion=3`)
  await server.stop()
  await assert.rejects(events.next(), { code: 'ECONNRESET' })
  await assert.rejects(ask(server, SERVICES), { code: 'ECONNREFUSED' })
  await server.start()
  assert.deepEqual(await take(await watch(server, `${SERVICES}?watch=1&resourceVersion=2`), 1), ['ADDED api 3'])
  await server.restart({ keepObjects: true, resourceVersion: 2 })
  const restored = await ask(server, SERVICES)
  assert.deepEqual([namesOf(restored), restored.body.items[0]?.metadata.resourceVersion], [['api', 'web'], '2'])
  await server.restart({ keepObjects: false })
  assert.deepEqual([namesOf(await ask(server, SERVICES)), server.resourceVersion], [[], 1])
})

test('requests are kept, and the next ones may get something else', async () => {
  await using server = await startFakeApiServer()
  server.intercept({ resource: 'services', isWatch: false }, { status: 429, headers: { 'Retry-After': '3' } })
  const undo = server.intercept({ isWatch: false }, { status: 200, body: '{"items":' }, Infinity)
  const limited = await open(server, SERVICES)
  assert.deepEqual([limited.statusCode, limited.headers['retry-after']], [429, '3'])
  assert.equal(await text(await open(server, SERVICES)), '{"items":')
  undo()
  const { promise: isReleased, resolve: release } = Promise.withResolvers<'serve'>()
  server.intercept({ resource: 'services' }, () => isReleased)
  const slow = ask(server, SERVICES)
  await server.until(({ requests }) => requests.length === 3)
  server.apply(service('web'))
  release('serve')
  assert.deepEqual(namesOf(await slow), ['web'])
  const never = server.until(() => false, 1)
  await assert.rejects(never, /did not come about[^]*\/api\/v1\/services/)
})

test('a large list leaves turns to its client', async () => {
  await using server = await startFakeApiServer()
  const endpoints = Array.from({ length: 10 }, (_, at) => `10.1.0.${at}`)
  for (let at = 0; at < 10_000; at++) server.apply(slice(`service-${at}`, endpoints))
  const response = await open(server, SLICES)
  const chunks = await response.toArray()
  assert.ok(chunks.length > 50, `${chunks.length} chunks`)
  const events = await watch(server, `${SLICES}?${STREAMED}`)
  assert.equal((await take(events, 10_001)).at(-1), 'BOOKMARK 10001')
})
