import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { ask } from '../helpers/asked.ts'
import { TcpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { keepAsking } from '../helpers/keep-asking.ts'
import { MountedVolume } from '../helpers/mounted-volume.ts'
import { service, slice } from '../helpers/objects.ts'
import { type LogLine, portOf, type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'

const HOST = '127.0.0.1'
const FED = 'gone.shop.fleet.svc.cluster.local'

const isReloaded = ({ msg }: LogLine): boolean => msg === 'configuration reloaded'
const isRefused = ({ msg }: LogLine): boolean => msg === 'configuration refused, the one before stays'

/** A port that is listened on. */
async function takenPort(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  return { port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** Version `n` of a configuration can be told by the answer for a Service that is not there, and by its TTL. */
const version = (folder: TemporaryFolder, n: number, more: object = {}) => ({
  federations: { fleet: `v${n}.example.com` },
  answers: { ttl: `${n}s` },
  listen: [`${HOST}:0`],
  source: { manifests: [folder.file('cluster')] },
  forward: { upstreams: [] },
  lameDuck: '0s',
  ...more,
})

const answerTo = (n: number): string[] => ['NOERROR', `${FED}. CNAME gone.shop.fleet.svc.v${n}.example.com.`]

async function started(folder: TemporaryFolder): Promise<RunningResolver> {
  const items = [service('web.shop'), slice('web.shop')]
  await folder.write('cluster/web.json', { apiVersion: 'v1', kind: 'List', items })
  return startResolver({ config: await folder.write('config.yaml', version(folder, 1)) })
}

const answers = ({ port }: RunningResolver) => ask({ host: HOST, port }, `${FED} CNAME`)

test('a good configuration is taken when the file changes, in place or by renaming', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await started(folder)
  assert.deepEqual(await answers(resolver), answerTo(1))
  await resolver.loggedAfter(() => folder.write('config.yaml', version(folder, 2)), isReloaded)
  assert.deepEqual(await answers(resolver), answerTo(2))
  await resolver.loggedAfter(() => folder.replace('config.yaml', version(folder, 3)), isReloaded)
  assert.deepEqual(await answers(resolver), answerTo(3))
})

test('SIGHUP tries again what could not be taken', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await started(folder)
  const taken = await takenPort()
  const two = version(folder, 2, { listen: [`${HOST}:0`, `${HOST}:${taken.port}`] })
  await resolver.loggedAfter(() => folder.replace('config.yaml', two), isRefused)
  await taken[Symbol.asyncDispose]()
  await resolver.loggedAfter(() => resolver.signal('SIGHUP'), isReloaded)
  assert.deepEqual(await answers(resolver), answerTo(2))
  assert.deepEqual(await ask({ host: HOST, port: taken.port }, `${FED} CNAME`), answerTo(2))
})

test('SIGHUP does no harm, right from when it listens', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await started(folder)
  resolver.signal('SIGHUP')
  await resolver.loggedAfter(() => folder.replace('config.yaml', version(folder, 2)), isReloaded)
  for (let i = 0; i < 5; i++) resolver.signal('SIGHUP')
  assert.deepEqual(await answers(resolver), answerTo(2))
})

test('the swap of the link of a ConfigMap volume is a change', async () => {
  await using folder = await temporaryFolder()
  await folder.write('cluster/none.json', { apiVersion: 'v1', kind: 'List', items: [] })
  const volume = new MountedVolume(folder.file('config'))
  await volume.swap({ 'config.yaml': version(folder, 1) })
  await using resolver = await startResolver({ config: folder.file('config/config.yaml') })
  assert.deepEqual(await answers(resolver), answerTo(1))
  for (const n of [2, 3]) {
    await resolver.loggedAfter(() => volume.swap({ 'config.yaml': version(folder, n) }), isReloaded)
    assert.deepEqual(await answers(resolver), answerTo(n))
  }
})

test('a bad configuration changes nothing, and the log says why; a good one after it is taken', async () => {
  await using folder = await temporaryFolder()
  await using taken = await takenPort()
  await using resolver = await started(folder)
  const good = JSON.stringify(version(folder, 2))
  const rows: readonly (readonly [unknown, RegExp])[] = [
    [version(folder, 2, { answers: { ttl: '0s' } }), /answers\.ttl: "0s"/],
    [version(folder, 2, { federations: { svc: 'example.com' }, more: 1 }), /more: no such key/],
    [good.slice(0, -5), /line \d+: /],
    ['', /listen: missing/],
    [`${good.slice(0, -1)}, cache: &a { entries: *a } }`, /./],
    [version(folder, 2, { listen: [`${HOST}:0`, `${HOST}:${taken.port}`] }), /another process listens there/],
    [version(folder, 2, { http: { listen: `${HOST}:${taken.port}` } }), new RegExp(String(taken.port))],
    [version(folder, 2, { forward: { upstreams: [folder.file('no.conf')] } }), /no\.conf/],
  ]
  for (const [content, message] of rows) {
    const line = await resolver.loggedAfter(
      () => folder.replace('config.yaml', content),
      (line) => isRefused(line) && message.test(String(line['problem'])),
    )
    assert.equal(line.level, 'error')
    assert.deepEqual([await answers(resolver), resolver.addresses.length], [answerTo(1), 1])
  }
  await resolver.loggedAfter(
    () => folder.remove('config.yaml'),
    (line) => isRefused(line) && /config\.yaml: cannot be read/.test(String(line['problem'])),
  )
  await resolver.loggedAfter(() => folder.replace('config.yaml', good), isReloaded)
  assert.deepEqual(await answers(resolver), answerTo(2))
})

test('what a refused configuration refers to is watched, so that mending it is enough', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await started(folder)
  await folder.write('kube-dns/federations', 'svc=example.com')
  const kubeDns = folder.file('kube-dns')
  await resolver.loggedAfter(() => folder.replace('config.yaml', version(folder, 2, { kubeDns })), isRefused)
  await resolver.loggedAfter(() => folder.replace('kube-dns/federations', 'other=example.com'), isReloaded)
  assert.deepEqual(await answers(resolver), answerTo(2))
})

test('addresses come and go with the configuration, those that stay are the same', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await started(folder)
  const [stays] = resolver.addresses
  const two = version(folder, 2, { listen: [`${HOST}:0`, '127.0.0.2:0', '[::1]:0'] })
  await resolver.loggedAfter(() => folder.replace('config.yaml', two), isReloaded)
  assert.equal(resolver.addresses[0], stays)
  const added = [
    { host: '127.0.0.2', port: portOf(resolver.addresses[1]) },
    { host: '::1', port: portOf(resolver.addresses[2]) },
  ]
  for (const server of added) assert.deepEqual(await ask(server, `${FED} CNAME`), answerTo(2))
  await resolver.loggedAfter(() => folder.replace('config.yaml', version(folder, 3)), isReloaded)
  assert.deepEqual(resolver.addresses, [stays])
  for (const server of added) await assert.rejects(TcpClient.open(server), { code: 'ECONNREFUSED' })
})

test('a change that comes while the one before is still being taken over is taken too', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await started(folder)
  // Whoever reads it has to wait until somebody writes to it.
  const pipe = folder.file('slow.json')
  execFileSync('/usr/bin/env', ['mkfifo', pipe])
  await folder.replace('config.yaml', version(folder, 2, { source: { manifests: [pipe] } }))
  await using writer = await open(pipe, 'w')
  await folder.replace('config.yaml', version(folder, 3))
  await resolver.loggedAfter(() => writer.close(), isReloaded)
  await eventually(async () => assert.deepEqual(await answers(resolver), answerTo(3)))
})

test('other manifests take the place of those before, and nothing is unknown in between', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await started(folder)
  const chain = ['NOERROR', 'web.shop.fleet.svc.cluster.local. CNAME web.shop.svc.cluster.local.']
  const asked = async (ip: string) => {
    const answer = await ask({ host: HOST, port: resolver.port }, 'web.shop.fleet.svc.cluster.local A')
    assert.deepEqual(answer, [...chain, `web.shop.svc.cluster.local. A ${ip}`])
  }
  await asked('10.0.0.1')
  const items = [service('web.shop', '10.0.0.2'), slice('web.shop')]
  await folder.write('other/web.json', { apiVersion: 'v1', kind: 'List', items })
  const other = version(folder, 2, { source: { manifests: [folder.file('other')] } })
  await resolver.loggedAfter(() => folder.replace('config.yaml', other), isReloaded)
  await asked('10.0.0.2')
})

test('during 20 reloads no query is lost, no connection dropped, and no answer is wrong or of an older configuration', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await started(folder)
  await using asking = await keepAsking({ host: HOST, port: resolver.port }, `${FED} CNAME`)
  for (let n = 2; n <= 21; n++) {
    // Every other one has a second address, and every third another cache.
    const listen = n % 2 === 0 ? [`${HOST}:0`, '127.0.0.2:0'] : [`${HOST}:0`]
    const next = version(folder, n, { listen, cache: { entries: 1000 + (n % 3) } })
    await resolver.loggedAfter(() => folder.replace('config.yaml', next), isReloaded)
    await asking.more(4)
  }
  for (const replies of await asking.stop()) {
    let latest = 1
    for (const reply of replies) {
      const n = Number(/ (\d+) CNAME /.exec(reply)?.[1])
      assert.equal(reply, `NOERROR ${FED}. ${n} CNAME gone.shop.fleet.svc.v${n}.example.com.`)
      assert.ok(n >= latest, `an answer of version ${n} after one of ${latest}`)
      latest = n
    }
    assert.equal(latest, 21)
  }
})
