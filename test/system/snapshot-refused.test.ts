import assert from 'node:assert/strict'
import { chmod, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import packet from 'dns-packet'
import { eventually } from '../helpers/eventually.ts'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { keepAsking } from '../helpers/keep-asking.ts'
import { loopbackUpstream } from '../helpers/loopback-upstream.ts'
import { service, slice } from '../helpers/objects.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import {
  ask,
  answerTo,
  changeSnapshot,
  clusterWith,
  fed,
  HOST,
  isKnown,
  isNotUsed,
  leaveSnapshot,
  local,
  NOT_READY,
  readiness,
  resolverOf,
  serverOf,
  type Settings,
} from './snapshot-cases.ts'

const DAY_MS = 86_400_000

test('a snapshot that cannot be used is told of and ignored', async (t) => {
  await using folder = await temporaryFolder()
  await using server = await clusterWith()
  await leaveSnapshot(folder, server)
  await server.stop()
  const good = await readFile(folder.file('snapshot'), 'utf8')
  const rows: readonly (readonly [what: string, spoil: () => unknown, reason: string, settings?: Settings])[] = [
    ['damaged', () => folder.replace('snapshot', good.replace('10.0.0.1', '10.0.0.7')), 'it is not whole'],
    ['cut off', () => folder.replace('snapshot', good.slice(0, -200)), 'it is not whole'],
    ['of another cluster', () => changeSnapshot(folder, 0, { cluster: 'other' }), 'it is of another cluster'],
    ['of another node', () => changeSnapshot(folder, 0, { node: 'n2' }), 'it is of another node'],
    ['of other namespaces', () => {}, 'it is of another scope', { kubernetes: { namespaces: ['shop'] } }],
    ['too old', () => changeSnapshot(folder, -DAY_MS), 'it is too old'],
    ['too old as configured', () => changeSnapshot(folder, -5000), 'it is too old', { snapshot: { maxAge: '5s' } }],
    ['of a file that others may write', () => chmod(folder.file('snapshot'), 0o666), 'others may write to it'],
  ]
  for (const [what, spoil, reason, settings] of rows) {
    await t.test(what, async () => {
      await folder.replace('snapshot', good)
      await chmod(folder.file('snapshot'), 0o600)
      await spoil()
      await using resolver = await resolverOf(folder, server, settings)
      const { error, level, path } = await resolver.logged(isNotUsed)
      assert.ok(String(error).startsWith(reason), String(error))
      assert.deepEqual([level, path], ['warn', folder.file('snapshot')])
      const { rcode, answer, ede } = await ask(resolver, fed('web'))
      assert.deepEqual({ rcode, answer, ede }, { rcode: 'SERVFAIL', answer: [], ede: [NOT_READY] })
      assert.equal(await readiness(resolver), 503)
    })
  }
})

test('a spoilt snapshot is SERVFAIL for the grace, then the redirect, never NXDOMAIN', async () => {
  await using folder = await temporaryFolder()
  await using server = await startFakeApiServer()
  await server.stop()
  await folder.write('snapshot', 'spoilt')
  await chmod(folder.file('snapshot'), 0o600)
  const location = { zone: 'z', region: 'r' }
  await using resolver = await resolverOf(folder, server, { grace: '2s', location })
  await using asking = await keepAsking(serverOf(resolver), `${fed('web')} CNAME`)
  await eventually(async () => assert.equal(await readiness(resolver), 200))
  await asking.more(3)
  for (const replies of await asking.stop()) {
    const redirect = `NOERROR ${fed('web')}. 7 CNAME web.shop.fleet.svc.z.example.com.`
    assert.deepEqual([...new Set(replies)], ['SERVFAIL', redirect])
    assert.deepEqual(
      replies,
      replies.toSorted((a, b) => Number(a === redirect) - Number(b === redirect)),
    )
  }
})

test('without API server and snapshot nothing of the cluster is known, and all else is answered', async () => {
  await using folder = await temporaryFolder()
  await using server = await startFakeApiServer()
  await server.stop()
  await using upstream = await loopbackUpstream((query) => {
    const { id = 0, questions = [] } = packet.decode(query)
    const [{ name } = { name: '' }] = questions
    const answers = [{ type: 'A' as const, name, ttl: 60, data: '192.0.2.80' }]
    return [packet.encode({ type: 'response', id, flags: 0x180, questions, answers })]
  })
  const forward = { upstreams: [`${HOST}:${upstream.port}`] }
  await using resolver = await resolverOf(folder, server, { forward })
  for (const name of ['web', 'gone']) {
    const { rcode, ede } = await ask(resolver, fed(name))
    assert.deepEqual([rcode, ede], ['SERVFAIL', [NOT_READY]])
  }
  assert.equal(await readiness(resolver), 503)
  const { rcode, answer, ede } = await ask(resolver, 'www.example.org')
  assert.deepEqual({ rcode, answer, ede }, { rcode: 'NOERROR', answer: ['www.example.org. A 192.0.2.80'], ede: [] })
  assert.equal(resolver.log.some(isNotUsed), false)
})

test('a snapshot that cannot be written is told of, and nothing else suffers', async () => {
  await using folder = await temporaryFolder()
  await using server = await clusterWith()
  const path = folder.file('no/such/snapshot')
  await using resolver = await resolverOf(folder, server, { snapshot: { path } })
  await resolver.logged(isKnown)
  server.apply(service('late.shop', '10.0.0.9'))
  server.apply(slice('late.shop'))
  await eventually(async () => assert.deepEqual(await answerTo(resolver, fed('late')), local('late', '10.0.0.9')))
  const { code } = await resolver.stop()
  const line = resolver.log.find(({ msg }) => msg === 'snapshot not written')
  assert.deepEqual([line?.level, line?.['path'], code], ['warn', path, 0])
  assert.match(String(line?.['error']), /ENOENT/)
})
