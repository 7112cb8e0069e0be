import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import packet from 'dns-packet'
import type { EntryDocument } from '../../lib/control/cache-verbs.ts'
import { feddns, startFeddns } from '../control/feddns.ts'
import { askUdp } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import type { LoopbackUpstream } from '../helpers/loopback-upstream.ts'
import { queryPacket } from '../helpers/packets.ts'
import { type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { zoneUpstream } from '../helpers/zone-upstream.ts'

const NOBODY = 65_534

const RECORDS = [
  'www.example.org 300 A 192.0.2.80',
  'alias.example.org 300 CNAME www.example.org',
  'www.example.net 300 A 192.0.2.90',
]

const configure = (folder: TemporaryFolder, upstream: LoopbackUpstream, control?: string): Promise<string> =>
  folder.replace('config.yaml', {
    listen: ['127.0.0.1:0'],
    source: { manifests: [join(folder.path, 'none')] },
    forward: { upstreams: [`127.0.0.1:${upstream.port}`] },
    lameDuck: '0s',
    ...(control !== undefined && { control }),
  })

const lookUp = async (resolver: RunningResolver, name: string) => {
  const reply = await askUdp({ host: '127.0.0.1', port: resolver.port }, queryPacket(name))
  return packet.decode(reply)
}

const timesAsked = (upstream: LoopbackUpstream, name: string): number =>
  upstream.asked.filter(({ query }) => packet.decode(query).questions?.[0]?.name.toLowerCase() === name).length

/** A resolver that has been asked for the names. */
async function asked(config: string, ...names: string[]): Promise<RunningResolver> {
  const resolver = await startResolver({ config })
  try {
    for (const name of names) await lookUp(resolver, name)
    return resolver
  } catch (error) {
    await resolver.kill()
    throw error
  }
}

test('dump shows what was asked for, and purge has it asked for anew', async () => {
  await using folder = await temporaryFolder()
  await folder.write('none/.keep', '')
  await using upstream = await zoneUpstream(RECORDS)
  const control = folder.file('c.sock')
  const config = await configure(folder, upstream, control)
  await using resolver = await asked(
    config,
    'www.example.org',
    'www.example.org',
    'gone.example.org',
    'www.example.net',
  )
  assert.equal(timesAsked(upstream, 'www.example.org'), 1)

  const dump = await feddns(['dump', 'example.org', '--control', control])
  assert.deepEqual([dump.code, dump.stderr], [0, ''])
  const from = `from 127\\.0\\.0\\.1:${upstream.port}`
  assert.match(
    dump.stdout,
    new RegExp(`^www\\.example\\.org\\. +\\d+ A +192\\.0\\.2\\.80 +; NOERROR, \\d+ s old, .*${from}$`, 'm'),
  )
  assert.match(dump.stdout, new RegExp(`^;gone\\.example\\.org\\. +\\d+ any +NXDOMAIN +; NXDOMAIN, .*${from}$`, 'm'))
  assert.doesNotMatch(dump.stdout, /example\.net/)

  const json = await feddns(['dump'], { env: { FEDDNS_JSON: 'true', FEDDNS_CONTROL: control } })
  const names = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as EntryDocument).name)
  assert.deepEqual(names.sort(), ['gone.example.org.', 'www.example.net.', 'www.example.org.'])

  const purge = await feddns(['purge', 'EXAMPLE.org', '--below', '--control', control])
  assert.deepEqual(purge, { code: 0, stdout: 'forgotten: 2 messages of example.org. and below\n', stderr: '' })
  await lookUp(resolver, 'www.example.net')
  assert.equal(timesAsked(upstream, 'www.example.net'), 1)
  await lookUp(resolver, 'www.example.org')
  assert.equal(timesAsked(upstream, 'www.example.org'), 2)
  const again = await feddns(['purge', 'gone.example.org', '--control', control])
  assert.deepEqual(again, { code: 0, stdout: 'nothing was kept of gone.example.org.\n', stderr: '' })
})

test('the socket goes with the resolver, comes back after a kill, and moves with the configuration', async () => {
  await using folder = await temporaryFolder()
  await folder.write('none/.keep', '')
  await using upstream = await zoneUpstream(RECORDS)
  const [one, two] = [folder.file('one.sock'), folder.file('two.sock')]
  const config = await configure(folder, upstream, one)
  const sockets = async () => (await readdir(folder.path)).filter((name) => name.endsWith('.sock'))
  await using killed = await asked(config)
  await killed.kill()
  assert.deepEqual(await sockets(), ['one.sock'])
  const { code, stderr } = await feddns(['dump', '--control', one])
  assert.equal(code, 1)
  assert.match(stderr, /^feddns: nobody listens at .*one\.sock: the resolver that made it has ended/)

  await using resolver = await asked(config, 'www.example.org')
  assert.match((await feddns(['dump', '--control', one])).stdout, /^www\.example\.org\. /)
  await resolver.loggedAfter(
    () => configure(folder, upstream, two),
    ({ msg }) => msg === 'listening',
  )
  await eventually(async () => assert.deepEqual(await sockets(), ['two.sock']))
  assert.match((await feddns(['dump', '--control', two])).stdout, /^www\.example\.org\. /)
  assert.equal((await lstat(two)).mode & 0o777, 0o600)
  await resolver.loggedAfter(
    () => configure(folder, upstream),
    ({ msg }) => msg === 'listening',
  )
  await eventually(async () => assert.deepEqual(await sockets(), []))
  await resolver.loggedAfter(
    () => configure(folder, upstream, one),
    ({ msg }) => msg === 'listening',
  )
  await resolver.stop()
  assert.deepEqual(await sockets(), [])
})

test('on upgrade the newer resolver is the one that is reached, also after the older has ended', async () => {
  await using folder = await temporaryFolder()
  await folder.write('none/.keep', '')
  await using upstream = await zoneUpstream(RECORDS)
  const control = folder.file('c.sock')
  const config = await configure(folder, upstream, control)
  await using older = await asked(config, 'www.example.org')
  await using newer = await asked(config, 'www.example.net')
  const dump = async () => (await feddns(['dump', '--control', control])).stdout
  assert.match(await dump(), /^www\.example\.net\. [^\n]+\n$/)
  await older.stop()
  assert.match(await dump(), /^www\.example\.net\. [^\n]+\n$/)
  await newer.stop()
  assert.equal((await feddns(['dump', '--control', control])).code, 1)
})

test('who has enough of a dump, as head does, is not told of an error', async () => {
  await using folder = await temporaryFolder()
  await folder.write('none/.keep', '')
  const names = Array.from({ length: 2000 }, (_, i) => `host-${i}.example.org`)
  await using upstream = await zoneUpstream(names.map((name) => `${name} 300 A 192.0.2.80`))
  const control = folder.file('c.sock')
  await using resolver = await asked(await configure(folder, upstream, control))
  for (let i = 0; i < names.length; i += 50)
    await Promise.all(names.slice(i, i + 50).map((name) => lookUp(resolver, name)))
  const whole = await feddns(['dump', '--control', control])
  assert.equal(whole.stdout.trimEnd().split('\n').length, names.length)
  const child = startFeddns(['dump', '--json', '--control', control])
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  assert.deepEqual([code, stderr], [0, ''])
})

const isRoot = process.getuid?.() === 0

test('another user may not, and is told who may', {
  skip: isRoot ? false : 'needs root',
}, async () => {
  await using folder = await temporaryFolder()
  await chmod(folder.path, 0o777)
  await folder.write('none/.keep', '')
  await using upstream = await zoneUpstream(RECORDS)
  const control = folder.file('c.sock')
  await using resolver = await asked(await configure(folder, upstream, control), 'www.example.org')
  const { code, stdout, stderr } = await feddns(['purge', '.', '--below', '--control', control], { uid: NOBODY })
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(
    stderr,
    /^feddns: this user may not use .*c\.sock: run this as the user that the resolver runs as, or as root\n$/,
  )
  assert.match((await feddns(['dump', '--control', control])).stdout, /^www\.example\.org\. /)
  assert.equal((await lookUp(resolver, 'www.example.org')).answers?.length, 1)
})

test('a resolver that cannot have its socket says why, and ends with 1', async () => {
  await using folder = await temporaryFolder()
  await folder.write('none/.keep', '')
  await using upstream = await zoneUpstream(RECORDS)
  const config = await configure(folder, upstream, await folder.write('precious', 'x'))
  const { code, stdout } = await feddns(['resolver', '--config', config])
  assert.equal(code, 1)
  assert.match(
    stdout,
    /"cannot listen at .*precious: there is something else than a socket at .*precious, which is left as it is"/,
  )
})
