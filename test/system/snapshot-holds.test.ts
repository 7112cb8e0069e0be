import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../helpers/eventually.ts'
import type { FakeApiServer } from '../helpers/fake-api-server.ts'
import { service, slice } from '../helpers/objects.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import {
  answerTo,
  changeSnapshot,
  clusterWith,
  elsewhere,
  fed,
  isKnown,
  isOfSnapshot,
  local,
  NEVER,
  resolverOf,
} from './snapshot-cases.ts'

// Enough pods are ready in `back`, which was away; too few in `leave`, which was healthy: both wait for their hold.
const HOLD = { health: { minReady: 2, leaveAfter: NEVER, returnAfter: NEVER } }
const PODS = ['10.1.0.1', '10.1.0.2']
const holding = [
  service('back.shop', '10.0.0.3'),
  slice('back.shop', PODS),
  service('leave.shop', '10.0.0.4'),
  slice('leave.shop', PODS),
]

async function leaveHolds(folder: TemporaryFolder, server: FakeApiServer): Promise<void> {
  await using resolver = await resolverOf(folder, server, HOLD)
  await resolver.logged(isKnown)
  server.apply(slice('leave.shop', ['10.1.0.1', '!10.1.0.2']))
  server.apply(slice('back.shop', ['!10.1.0.1', '!10.1.0.2']))
  server.apply(slice('back.shop', PODS))
  server.apply(service('late.shop', '10.0.0.9'))
  server.apply(slice('late.shop', PODS))
  await eventually(async () => assert.deepEqual(await answerTo(resolver, fed('late')), local('late', '10.0.0.9')))
  await eventually(async () => assert.deepEqual(await answerTo(resolver, fed('back')), elsewhere('back')))
  assert.deepEqual(await answerTo(resolver, fed('leave')), local('leave', '10.0.0.4'))
  await resolver.stop()
}

test('a hold goes on: what had not returned yet, or not left yet, has not after a restart', async () => {
  await using folder = await temporaryFolder()
  await using server = await clusterWith(...holding)
  await leaveHolds(folder, server)
  await server.stop()
  await using resolver = await resolverOf(folder, server, HOLD)
  await resolver.logged(isOfSnapshot)
  assert.deepEqual(await answerTo(resolver, fed('back')), elsewhere('back'))
  assert.deepEqual(await answerTo(resolver, fed('leave')), local('leave', '10.0.0.4'))
  // Nor when the server is back and says the same.
  await server.start()
  await resolver.logged(isKnown)
  assert.deepEqual(await answerTo(resolver, fed('back')), elsewhere('back'))
  assert.deepEqual(await answerTo(resolver, fed('leave')), local('leave', '10.0.0.4'))
})

test('a hold goes on from when it began: what is left of it is short', async () => {
  await using folder = await temporaryFolder()
  await using server = await clusterWith(...holding)
  await leaveHolds(folder, server)
  await server.stop()
  await changeSnapshot(folder, -3_600_000 + 1000)
  await using resolver = await resolverOf(folder, server, HOLD)
  await resolver.logged(isOfSnapshot)
  await eventually(async () => {
    assert.deepEqual(await answerTo(resolver, fed('back')), local('back', '10.0.0.3'))
    assert.deepEqual(await answerTo(resolver, fed('leave')), elsewhere('leave'))
  })
})
