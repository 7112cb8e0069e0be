import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { eventually } from '../helpers/eventually.ts'
import { keepAsking } from '../helpers/keep-asking.ts'
import { service, slice } from '../helpers/objects.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import {
  ask,
  answerTo,
  clusterWith,
  elsewhere,
  fed,
  isKnown,
  isOfSnapshot,
  leaveSnapshot,
  local,
  readiness,
  resolverOf,
  serverOf,
  STALE,
} from './snapshot-cases.ts'

// What a resolver that was started again says while the API server is away.

test('started again during an outage, a resolver answers as before, says so, and is ready; more than once', async () => {
  await using folder = await temporaryFolder()
  await using server = await clusterWith()
  await leaveSnapshot(folder, server)
  await server.stop()
  for (let starts = 0; starts < 2; starts++) {
    await using resolver = await resolverOf(folder, server)
    const { asOf } = await resolver.logged(isOfSnapshot)
    assert.ok(Math.abs(Date.now() - Date.parse(String(asOf))) < 60_000)
    const stale = { rcode: 'NOERROR', ede: [STALE] }
    for (const [name, address] of [
      ['web', '10.0.0.1'],
      ['late', '10.0.0.9'],
    ] as const) {
      const expected = { ...stale, answer: local(name, address), ttls: [7, 7] }
      assert.deepEqual(await ask(resolver, `${fed(name)} A`), expected)
    }
    // Where it is, and so where to look elsewhere, is in the snapshot as well.
    for (const name of ['idle', 'gone']) {
      const expected = { ...stale, answer: elsewhere(name), ttls: [7] }
      assert.deepEqual(await ask(resolver, `${fed(name)} CNAME`), expected)
    }
    assert.equal(await readiness(resolver), 200)
    await resolver.stop()
  }
})

test('an API server that takes connections and says nothing is an outage as well', async () => {
  await using folder = await temporaryFolder()
  await using server = await clusterWith()
  await leaveSnapshot(folder, server)
  server.blackHole(true)
  await using resolver = await resolverOf(folder, server)
  assert.ok(resolver.log.some(isOfSnapshot))
  assert.deepEqual(await answerTo(resolver, fed('web')), local('web', '10.0.0.1'))
})

test('what was listed at the start is in the snapshot, also if nothing has changed since', async () => {
  await using folder = await temporaryFolder()
  await using server = await clusterWith()
  await using resolver = await resolverOf(folder, server)
  await resolver.logged(isKnown)
  await resolver.stop()
  assert.ok(existsSync(folder.file('snapshot')))
})

test('a change is on the disk some seconds later, also for a process that is killed', async () => {
  await using folder = await temporaryFolder()
  await using server = await clusterWith()
  await using resolver = await resolverOf(folder, server)
  await resolver.logged(isKnown)
  server.apply(service('late.shop', '10.0.0.9'))
  server.apply(slice('late.shop'))
  await eventually(() => assert.ok(existsSync(folder.file('snapshot'))))
  await resolver.kill()
  await server.stop()
  await using again = await resolverOf(folder, server)
  assert.deepEqual(await answerTo(again, fed('late')), local('late', '10.0.0.9'))
})

test('a snapshot gives way to what is so when the server is back, and no answer in between is wrong', async () => {
  await using folder = await temporaryFolder()
  await using server = await clusterWith()
  await leaveSnapshot(folder, server)
  await server.stop()
  server.apply(service('web.shop', '10.0.0.77'))
  server.apply(slice('web.shop', ['10.1.0.7'], { suffix: 'b' }))
  server.remove('EndpointSlice', 'shop/web-a')
  server.apply(service('new.shop', '10.0.0.5'))
  server.apply(slice('new.shop'))
  const gate = Promise.withResolvers<void>()
  server.intercept({ resource: 'endpointslices' }, () => gate.promise.then(() => 'serve'), Number.POSITIVE_INFINITY)
  await using resolver = await resolverOf(folder, server)
  await resolver.logged(isOfSnapshot)
  await using asking = await keepAsking(serverOf(resolver), `${fed('web')} A`)
  await asking.more(3)

  // Services are listed before their endpoints are.
  await server.start()
  await eventually(async () => assert.deepEqual(await answerTo(resolver, fed('web')), local('web', '10.0.0.77')))
  await asking.more(3)
  assert.equal(resolver.log.some(isKnown), false)
  gate.resolve()
  await resolver.logged(isKnown)
  await asking.more(3)
  const { answer, ede } = await ask(resolver, fed('new'))
  assert.deepEqual([answer, ede], [local('new', '10.0.0.5'), []])
  const expected = ['10.0.0.1', '10.0.0.77'].map(
    (address) =>
      `NOERROR ${fed('web')}. 7 CNAME web.shop.svc.cluster.local. web.shop.svc.cluster.local. 7 A ${address}`,
  )
  for (const replies of await asking.stop()) {
    assert.deepEqual([...new Set(replies)], expected)
    const before = replies.lastIndexOf(expected[0] as string)
    assert.ok(before < replies.indexOf(expected[1] as string), 'an answer of before after one of now')
  }
})

test('a server that comes back without its objects is not believed at once', async () => {
  await using folder = await temporaryFolder()
  await using server = await clusterWith()
  await leaveSnapshot(folder, server)
  await server.stop()
  await using resolver = await resolverOf(folder, server)
  await resolver.logged(isOfSnapshot)
  await using asking = await keepAsking(serverOf(resolver), `${fed('web')} A`)
  await server.restart({ keepObjects: false })
  await resolver.logged(({ cause }) => cause === 'doubt')
  await asking.more(20)
  for (const replies of await asking.stop()) {
    assert.match([...new Set(replies)].join(' + '), /^NOERROR [^+]* A 10\.0\.0\.1$/)
  }
})

test('a server without objects is not believed against a snapshot, either', async () => {
  await using folder = await temporaryFolder()
  await using server = await clusterWith()
  await leaveSnapshot(folder, server)
  await server.restart({ keepObjects: false })
  await using resolver = await resolverOf(folder, server)
  assert.deepEqual(await answerTo(resolver, fed('web')), local('web', '10.0.0.1'))
})
