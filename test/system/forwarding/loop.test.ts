import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../helpers/eventually.ts'
import type { LogLine, RunningResolver } from '../../helpers/running-resolver.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { freeLowPort } from '../../peers/free-low-port.ts'
import { missing } from '../../peers/missing.ts'
import { addressOf, explained } from './explained.ts'
import { dnsmasqBefore } from './forwarding-server.ts'
import { NameServer } from './name-server.ts'
import { reloadWith, resolverWith, samplesOf } from './resolver-with.ts'

const skip = missing('dnsmasq') ?? false

const isLoop = ({ msg }: LogLine): boolean => msg.startsWith('forwarding loop: ')
const loopsIn = ({ log }: RunningResolver) => log.filter(isLoop).map(({ level, upstream }) => [level, upstream])

const usable = async (resolver: RunningResolver, upstream: string) =>
  (await samplesOf(resolver)).get(`feddns_upstream_usable{upstream="${upstream}"}`)

test('an upstream that leads back here is found, named, and asked no more', { skip }, async () => {
  await using folder = await temporaryFolder()
  const port = await freeLowPort()
  await using back = await dnsmasqBefore(port)
  const upstream = `127.0.0.1:${back.ports[0]}`
  await using resolver = await resolverWith(folder, {
    listen: [`127.0.0.1:${port}`],
    forward: { upstreams: [upstream] },
  })
  await resolver.logged(isLoop)
  const { rcode, errors } = await explained(resolver, 'www.example')
  assert.deepEqual([rcode, errors], ['SERVFAIL', [`22 ${upstream} leads back here`]])
  for (let i = 0; i < 20; i++) assert.equal(await addressOf(resolver, `n${i}.example`), 'SERVFAIL')
  assert.deepEqual(loopsIn(resolver), [['error', upstream]])
  assert.equal(await usable(resolver, upstream), 0)
  assert.equal((await fetch(`${resolver.httpUrl}/healthz`)).status, 200)
  const { code } = await resolver.stop()
  assert.equal(code, 0)
})

test('beside an upstream that leads back here another one serves, also after a reload', { skip }, async () => {
  await using folder = await temporaryFolder()
  const port = await freeLowPort()
  await using back = await dnsmasqBefore(port)
  await using good = await NameServer.start({ address: '192.0.2.1' })
  const listen = [`127.0.0.1:${port}`]
  const looping = `127.0.0.1:${back.ports[0]}`
  const forward = { upstreams: [looping, good.place], policy: 'sequential' }
  await using resolver = await resolverWith(folder, { listen, forward })
  await resolver.logged(isLoop)
  for (let i = 0; i < 10; i++) assert.equal(await addressOf(resolver, `n${i}.example`), good.address)
  await reloadWith(resolver, folder, { listen, forward: { ...forward, policy: 'roundRobin' } })
  for (let i = 10; i < 20; i++) assert.equal(await addressOf(resolver, `n${i}.example`), good.address)
  assert.equal(await usable(resolver, looping), 0)
  assert.deepEqual(loopsIn(resolver), [['error', looping]])
})

test('a stub domain whose server leads back here is found, and all other names are answered', { skip }, async () => {
  await using folder = await temporaryFolder()
  const port = await freeLowPort()
  await using back = await dnsmasqBefore(port)
  await using good = await NameServer.start({ address: '192.0.2.1' })
  const looping = `127.0.0.1:${back.ports[0]}`
  const forward = { upstreams: [good.place], stubDomains: { 'acme.example': [looping] } }
  await using resolver = await resolverWith(folder, { listen: [`127.0.0.1:${port}`], forward })
  await resolver.logged(isLoop)
  const { rcode, errors } = await explained(resolver, 'www.acme.example')
  assert.deepEqual([rcode, errors], ['SERVFAIL', [`22 ${looping} leads back here`]])
  assert.equal(await addressOf(resolver, 'www.example'), good.address)
  assert.deepEqual(loopsIn(resolver), [['error', looping]])
})

test('an upstream that a reload brings and that leads back here is found; another reload takes it away', {
  skip,
}, async () => {
  await using folder = await temporaryFolder()
  const port = await freeLowPort()
  await using good = await NameServer.start({ address: '192.0.2.1' })
  await using resolver = await resolverWith(folder, {
    listen: [`127.0.0.1:${port}`],
    forward: { upstreams: [good.place] },
  })
  await using back = await dnsmasqBefore(port)
  const looping = `127.0.0.1:${back.ports[0]}`
  assert.equal(await addressOf(resolver, 'www.example'), good.address)
  await reloadWith(resolver, folder, { listen: [`127.0.0.1:${port}`], forward: { upstreams: [looping] } })
  await resolver.logged(isLoop)
  // What was known is still told.
  assert.equal(await addressOf(resolver, 'www.example'), good.address)
  await reloadWith(resolver, folder, { listen: [`127.0.0.1:${port}`], forward: { upstreams: [good.place] } })
  await eventually(async () => assert.equal(await addressOf(resolver, 'other.example'), good.address))
})

test('an upstream that no longer leads back here is asked again', { skip }, async () => {
  await using folder = await temporaryFolder()
  const port = await freeLowPort()
  await using stack = new AsyncDisposableStack()
  const place = stack.use(await dnsmasqBefore(port)).ports[0] ?? 0
  const upstream = `127.0.0.1:${place}`
  await using resolver = await resolverWith(folder, {
    listen: [`127.0.0.1:${port}`],
    forward: { upstreams: [upstream] },
  })
  await resolver.logged(isLoop)
  await stack.disposeAsync()
  await using instead = await NameServer.start({ address: '192.0.2.1', port: place })
  // It is looked at every 30 s.
  const { level } = await resolver.logged(({ msg }) => msg.startsWith('forwarding loop is over'), 90_000)
  assert.equal(level, 'info')
  await eventually(async () => assert.equal(await addressOf(resolver, 'www.example'), instead.address))
})
