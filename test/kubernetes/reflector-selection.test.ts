import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectionsOf } from '../../lib/kubernetes/collection.ts'
import { type FakeApiServer, startFakeApiServer } from '../helpers/fake-api-server.ts'
import { node, service, slice } from '../helpers/objects.ts'
import { Watched } from './watched.ts'

// A part of a cluster: by labels, by namespaces, and always the namespaces that are called like a federation.

const AGO_MS = 10_000
// A list that is empty now is not believed at once.
const EMPTY_MS = 120_000
const WEB = { labels: { app: 'web' } }

function put(
  server: FakeApiServer,
  name: string,
  labels?: { readonly labels: Readonly<Record<string, string>> },
): void {
  server.apply(service(name, '10.0.0.1', labels))
  const [first] = name.split('.')
  const all = { 'kubernetes.io/service-name': first, ...labels?.labels }
  server.apply(slice(name, ['10.1.0.1'], { metadata: { labels: all } }))
}

const UP = 'up 10.0.0.1 by 10.1.0.1'

async function listAgain(server: FakeApiServer, watched: Watched, path?: string): Promise<void> {
  const isOne = ({ isWatch, path: asked }: { readonly isWatch: boolean; readonly path: string }) =>
    isWatch && (path === undefined || asked === path)
  const count = server.openWatches()
  server.intercept(isOne, { status: 410 }, path === undefined ? count : 1)
  server.endWatches()
  await watched.pass(AGO_MS)
  await watched.passUntil(() => watched.isFollowing, EMPTY_MS)
}

test('of a label selector only what it selects is known, and a namespace called like a federation whole', async () => {
  await using server = await startFakeApiServer()
  put(server, 'web.shop', WEB)
  put(server, 'db.shop')
  put(server, 'any.fed')
  put(server, 'web.fed', WEB)
  const collections = collectionsOf({ labelSelector: 'app=web', whole: ['fed'], nodeName: undefined })
  await using watched = new Watched(server, { collections })
  await watched.follows()
  await watched.shows({ 'any.fed': UP, 'web.fed': UP, 'web.shop': UP })
  put(server, 'web.shop', { labels: { app: 'other' } })
  put(server, 'web.fed')
  put(server, 'db.shop', WEB)
  const now = { 'any.fed': UP, 'db.shop': UP, 'web.fed': UP }
  await watched.shows(now)
  await listAgain(server, watched)
  await watched.shows(now)
  server.remove('Service', 'fed/any')
  server.removeSilently('Service', 'shop/db')
  await listAgain(server, watched, '/api/v1/services')
  await watched.shows({ 'web.fed': UP })
})

test('what leaves the selection while nobody watches is gone after a list', async () => {
  await using server = await startFakeApiServer()
  put(server, 'web.shop', WEB)
  put(server, 'api.shop', WEB)
  const collections = collectionsOf({ labelSelector: 'app=web', whole: [], nodeName: undefined })
  await using watched = new Watched(server, { collections })
  await watched.follows()
  server.applySilently(service('web.shop'))
  await listAgain(server, watched)
  await watched.shows({ 'api.shop': UP })
})

test('of a choice of namespaces no other is known, and each is its own', async () => {
  await using server = await startFakeApiServer()
  for (const name of ['web.shop', 'web.store', 'web.fed', 'web.other']) put(server, name)
  const namespaces = ['shop', 'store', 'fed']
  const collections = collectionsOf({ namespaces, whole: ['fed'], nodeName: undefined })
  await using watched = new Watched(server, { collections })
  await watched.follows()
  const all = { 'web.fed': UP, 'web.shop': UP, 'web.store': UP }
  await watched.shows(all)
  assert.equal(watched.asks('services').length, 3)
  // A list of one namespace says nothing of the others.
  server.removeSilently('Service', 'shop/web')
  for (const namespace of ['store', 'fed']) {
    await listAgain(server, watched, `/api/v1/namespaces/${namespace}/services`)
    await watched.shows(all)
  }
  await listAgain(server, watched, '/api/v1/namespaces/shop/services')
  await watched.shows({ 'web.fed': UP, 'web.store': UP })
  put(server, 'new.other')
  put(server, 'new.store')
  await watched.shows({ 'new.store': UP, 'web.fed': UP, 'web.store': UP })
})

test('a list that has objects of another one neither takes nor drops them', async () => {
  await using server = await startFakeApiServer()
  put(server, 'web.shop', WEB)
  put(server, 'web.fed')
  const collections = collectionsOf({ labelSelector: 'app=web', whole: ['fed'], nodeName: undefined })
  await using watched = new Watched(server, { collections })
  await watched.follows()
  const table = { 'web.fed': UP, 'web.shop': UP }
  await watched.shows(table)
  // The list by label sees it come and go; the whole list of its namespace has it all the time.
  put(server, 'web.fed', WEB)
  await watched.until(() => watched.state('Service').events === 1)
  server.apply(service('web.fed', '10.0.0.1'))
  await watched.until(() => watched.state('Service').events === 2)
  await watched.shows(table)
})

test('only this node is watched, and when it is labelled anew that is known', async () => {
  await using server = await startFakeApiServer()
  server.apply(node('n1', 'a.b'))
  server.apply(node('n2', 'c.d'))
  const collections = collectionsOf({ whole: [], nodeName: 'n1' })
  await using watched = new Watched(server, { collections })
  await watched.follows()
  await watched.shows({ 'node n1': 'a.b' })
  server.apply(node('n2', 'e.f'))
  server.apply(node('n1', 'g.h'))
  await watched.shows({ 'node n1': 'g.h' })
  server.applySilently(node('n1', 'i.j'))
  await listAgain(server, watched)
  await watched.shows({ 'node n1': 'i.j' })
})
