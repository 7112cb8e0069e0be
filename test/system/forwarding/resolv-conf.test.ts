import assert from 'node:assert/strict'
import { rename, symlink } from 'node:fs/promises'
import { test } from 'node:test'
import { eventually } from '../../helpers/eventually.ts'
import { MountedVolume } from '../../helpers/mounted-volume.ts'
import type { LogLine } from '../../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../../helpers/temporary-folder.ts'
import { addressOf } from './explained.ts'
import { dnsPortLack, nameServersOnDnsPort } from './on-dns-port.ts'
import { NameServer } from './name-server.ts'
import { isRefused, isReloaded, resolverWith, samplesOf } from './resolver-with.ts'

// A resolv.conf file can name no port: its servers have to be on port 53.
const skip = dnsPortLack() ?? false

const naming = (...servers: readonly { readonly host: string }[]): string =>
  servers.map(({ host }) => `nameserver ${host}\n`).join('')

const forward = (path: string): object => ({ forward: { upstreams: [path], policy: 'sequential' } })

/** Puts a link where another one is, at once. */
async function relink(folder: TemporaryFolder, name: string, target: string): Promise<void> {
  await symlink(target, folder.file(`${name}.aside`))
  await rename(folder.file(`${name}.aside`), folder.file(name))
}

test('other servers in a resolv.conf file are asked as soon as it changes, however it is changed', {
  skip,
}, async () => {
  await using folder = await temporaryFolder()
  await using servers = await nameServersOnDnsPort('192.0.2.1', '192.0.2.2')
  const [one, two] = servers.all
  await folder.write('first.conf', naming(one))
  await relink(folder, 'resolv.conf', folder.file('first.conf'))
  await using resolver = await resolverWith(folder, forward(folder.file('resolv.conf')))
  assert.equal(await addressOf(resolver, 'a.example'), one.address)

  const ways: readonly (readonly [string, NameServer, () => unknown])[] = [
    ['its target is rewritten in place', two, () => folder.write('first.conf', naming(two))],
    ['its target is replaced', one, () => folder.replace('first.conf', naming(one))],
    [
      'the link leads elsewhere',
      two,
      async () => relink(folder, 'resolv.conf', await folder.write('second.conf', naming(two))),
    ],
    ['a file takes the place of the link', one, () => folder.replace('resolv.conf', naming(one))],
    ['the file is rewritten in place', two, () => folder.write('resolv.conf', naming(two))],
  ]
  for (const [i, [way, server, change]] of ways.entries()) {
    await resolver.loggedAfter(change, isReloaded)
    assert.equal(await addressOf(resolver, `n${i}.example`), server.address, way)
    // What is cached stays, whoever is asked now.
    assert.equal(await addressOf(resolver, 'a.example'), one.address)
  }
  assert.equal(two.timesAsked('a.example'), 0)
})

test('a resolv.conf file in a ConfigMap volume is followed', { skip }, async () => {
  await using folder = await temporaryFolder()
  await using servers = await nameServersOnDnsPort('192.0.2.1', '192.0.2.2')
  const [one, two] = servers.all
  const volume = new MountedVolume(folder.file('volume'))
  await volume.swap({ 'resolv.conf': naming(one) })
  await using resolver = await resolverWith(folder, forward(folder.file('volume/resolv.conf')))
  for (const [i, server] of [two, one, two].entries()) {
    await resolver.loggedAfter(() => volume.swap({ 'resolv.conf': naming(server) }), isReloaded)
    assert.equal(await addressOf(resolver, `n${i}.example`), server.address)
  }
})

test('a resolv.conf file that is empty or gone for a moment changes nothing, and the log says why', {
  skip,
}, async () => {
  await using folder = await temporaryFolder()
  await using servers = await nameServersOnDnsPort('192.0.2.1', '192.0.2.2')
  const [one, two] = servers.all
  const path = await folder.write('resolv.conf', naming(one))
  await using resolver = await resolverWith(folder, forward(path))
  await addressOf(resolver, 'cached.example')
  const rows: readonly (readonly [() => unknown, RegExp])[] = [
    [() => folder.write('resolv.conf', ''), /forward\.upstreams: .*resolv\.conf: names no server/],
    [() => folder.remove('resolv.conf'), /forward\.upstreams: .*resolv\.conf: cannot be read \(ENOENT\)/],
    [() => folder.write('resolv.conf', '# nothing\nsearch a.example\n'), /names no server/],
  ]
  for (const [i, [change, why]] of rows.entries()) {
    const { level, problem } = await resolver.loggedAfter(
      change,
      (line) => isRefused(line) && why.test(String(line['problem'])),
    )
    assert.equal(level, 'error', String(problem))
    assert.equal(await addressOf(resolver, `n${i}.example`), one.address)
  }
  await resolver.loggedAfter(() => folder.write('resolv.conf', naming(two)), isReloaded)
  assert.equal(await addressOf(resolver, 'after.example'), two.address)
  assert.equal(await addressOf(resolver, 'cached.example'), one.address)
  assert.equal(two.timesAsked('cached.example'), 0)
})

test('a change of a resolv.conf file keeps connections, and what is known of servers that stay', { skip }, async () => {
  await using folder = await temporaryFolder()
  await using servers = await nameServersOnDnsPort('192.0.2.1', '192.0.2.2')
  await using stays = await NameServer.start({ address: '192.0.2.9' })
  const [one, two] = servers.all
  await one[Symbol.asyncDispose]()
  const path = await folder.write('resolv.conf', naming(one))
  await using resolver = await resolverWith(folder, {
    forward: { upstreams: [path, `tcp://${stays.place}`], policy: 'sequential' },
  })
  const usable = async () => (await samplesOf(resolver)).get(`feddns_upstream_usable{upstream="${one.host}:53"}`)
  let asked = 0
  await eventually(async () => {
    assert.equal(await addressOf(resolver, `n${asked++}.example`), stays.address)
    assert.equal(await usable(), 0)
  })
  const isDown = ({ msg }: LogLine) => msg.startsWith('upstream is down')
  await resolver.logged(isDown)
  await resolver.loggedAfter(() => folder.write('resolv.conf', naming(one, two)), isReloaded)
  assert.equal(await usable(), 0)
  assert.equal(await addressOf(resolver, 'after.example'), two.address)
  await resolver.loggedAfter(() => folder.write('resolv.conf', naming(one)), isReloaded)
  assert.equal(await addressOf(resolver, 'last.example'), stays.address)
  // It was not found to be down once more.
  assert.equal(resolver.log.filter(isDown).length, 1)
  assert.equal(stays.connections, 1)
})
