import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../helpers/eventually.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { addressOf } from './explained.ts'
import { NameServer } from './name-server.ts'
import { configWith, isRefused, isUnchanged, reloadWith, resolverWith } from './resolver-with.ts'

const to = (...upstreams: readonly string[]) => ({ forward: { upstreams, policy: 'sequential' } })

test('other upstreams are asked after a reload, and what is cached stays', async () => {
  await using folder = await temporaryFolder()
  await using one = await NameServer.start({ address: '192.0.2.1' })
  await using two = await NameServer.start({ address: '192.0.2.2' })
  await using resolver = await resolverWith(folder, to(one.place))
  assert.equal(await addressOf(resolver, 'cached.example'), one.address)
  await reloadWith(resolver, folder, to(two.place))
  assert.equal(await addressOf(resolver, 'cached.example'), one.address)
  assert.equal(await addressOf(resolver, 'other.example'), two.address)
  assert.equal(two.timesAsked('cached.example'), 0)
})

test('a hang-up signal without a change keeps everything', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await NameServer.start({ address: '192.0.2.1' })
  await using resolver = await resolverWith(folder, to(`tcp://${upstream.place}`))
  assert.equal(await addressOf(resolver, 'cached.example'), upstream.address)
  const before = upstream.timesAsked('cached.example')
  await resolver.loggedAfter(() => resolver.signal('SIGHUP'), isUnchanged)
  assert.equal(await addressOf(resolver, 'cached.example'), upstream.address)
  assert.equal(await addressOf(resolver, 'other.example'), upstream.address)
  assert.deepEqual([upstream.timesAsked('cached.example'), upstream.connections], [before, 1])
})

test('connections to upstreams that stay are kept, those to upstreams that go are closed', async () => {
  await using folder = await temporaryFolder()
  await using stays = await NameServer.start({ address: '192.0.2.1' })
  await using goes = await NameServer.start({ address: '192.0.2.2' })
  const stub = { 'acme.example': [`tcp://${goes.place}`] }
  const upstreams = [`tcp://${stays.place}`]
  await using resolver = await resolverWith(folder, { forward: { upstreams, stubDomains: stub } })
  assert.equal(await addressOf(resolver, 'a.example'), stays.address)
  assert.equal(await addressOf(resolver, 'a.acme.example'), goes.address)
  assert.deepEqual([stays.openConnections, goes.openConnections], [1, 1])
  await reloadWith(resolver, folder, { forward: { upstreams, policy: 'roundRobin' } })
  // Sooner than connections that have nothing to do are closed anyway.
  await eventually(() => assert.equal(goes.openConnections, 0), 5000)
  assert.equal(await addressOf(resolver, 'b.example'), stays.address)
  assert.deepEqual([stays.connections, stays.openConnections], [1, 1])
})

for (const transport of ['dns', 'tcp'] as const) {
  test(`a question that an upstream is slow to answer over ${transport} is answered though there is a reload`, async () => {
    await using folder = await temporaryFolder()
    await using slow = await NameServer.start({ address: '192.0.2.1' })
    await using resolver = await resolverWith(folder, to(`${transport}://${slow.place}`))
    const release = slow.hold()
    const waiting = addressOf(resolver, 'slow.example')
    await eventually(() => assert.equal(slow.timesAsked('slow.example') > 0, true))
    await reloadWith(resolver, folder, { ...to(`${transport}://${slow.place}`), cache: { minTtl: '1s' } })
    release()
    assert.equal(await waiting, slow.address)
  })
}

test('what was cached of a stub domain that comes or goes is asked anew, and all else stays', async () => {
  await using folder = await temporaryFolder()
  await using main = await NameServer.start({ address: '192.0.2.1' })
  await using stub = await NameServer.start({ address: '192.0.2.2' })
  await using other = await NameServer.start({ address: '192.0.2.3' })
  const forward = { upstreams: [main.place] }
  const names = ['acme.example', 'www.acme.example', 'www.xacme.example', 'example']
  await using resolver = await resolverWith(folder, { forward })
  const addresses = () => Promise.all(names.map((name) => addressOf(resolver, name)))
  const outside = [main.address, main.address]
  assert.deepEqual(await addresses(), [main.address, main.address, ...outside])
  // An upstream may be asked twice where it is slow.
  const asked = () => names.map((name) => main.timesAsked(name))
  const [, , ...askedOutside] = asked()
  await reloadWith(resolver, folder, { forward: { ...forward, stubDomains: { 'acme.example': [stub.place] } } })
  assert.deepEqual(await addresses(), [stub.address, stub.address, ...outside])
  await reloadWith(resolver, folder, { forward: { ...forward, stubDomains: { 'acme.example': [other.place] } } })
  assert.deepEqual(await addresses(), [other.address, other.address, ...outside])
  await reloadWith(resolver, folder, { forward })
  assert.deepEqual(await addresses(), [main.address, main.address, ...outside])
  assert.deepEqual(asked().slice(2), askedOutside)
})

test('a reload that is refused keeps upstreams, connections and what is cached', async () => {
  await using folder = await temporaryFolder()
  await using main = await NameServer.start({ address: '192.0.2.1' })
  await using stub = await NameServer.start({ address: '192.0.2.2' })
  const forward = { upstreams: [`tcp://${main.place}`] }
  await using resolver = await resolverWith(folder, { forward })
  assert.equal(await addressOf(resolver, 'www.acme.example'), main.address)
  const before = main.timesAsked('www.acme.example')
  const bad = {
    forward: { upstreams: [stub.place], stubDomains: { 'acme.example': [stub.place] }, policy: 'fast' },
  }
  await resolver.loggedAfter(() => folder.replace('config.yaml', configWith(folder, bad)), isRefused)
  assert.equal(await addressOf(resolver, 'www.acme.example'), main.address)
  assert.equal(await addressOf(resolver, 'other.example'), main.address)
  assert.deepEqual([main.timesAsked('www.acme.example'), main.connections], [before, 1])
  assert.deepEqual(stub.asked, [])
})
