import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { type Loaded, loadConfig } from '../../lib/config/load-config.ts'
import { formatName } from '../../lib/dns/name.ts'
import { MountedVolume } from '../helpers/mounted-volume.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { MINIMAL } from './minimal.ts'

const NOW_MS = Date.parse('2026-11-23T00:00:00Z')

async function load(folder: TemporaryFolder, text: string, env = {}): Promise<Loaded> {
  return loadConfig(await folder.write('config.yaml', text), env, NOW_MS)
}

const withUpstreams = (...upstreams: readonly string[]): string =>
  `${MINIMAL}forward: { upstreams: ${JSON.stringify(upstreams)} }\n`

const hostsOf = ({ config }: Loaded): string[] | undefined =>
  config?.forward.everything.upstreams.map(({ host }) => host)

const domainsOf = ({ config }: Loaded): Record<string, string> =>
  Object.fromEntries([...(config?.federations ?? [])].map(([name, { domain }]) => [name, formatName(domain)]))

test('a configuration that is right has no problem and is whole', async () => {
  await using folder = await temporaryFolder()
  const { config, problems, warnings, paths } = await load(folder, `${withUpstreams('10.0.0.1')}lameDuck: 1s\n`)
  assert.deepEqual([problems, warnings, paths], [[], [], [folder.file('config.yaml')]])
  assert.deepEqual([config?.lameDuckMs, config?.cache.entries, config?.http], [1000, 10_000, undefined])
})

test('a file that is missing, or is a directory, is named', async () => {
  await using folder = await temporaryFolder()
  const missing = await loadConfig(folder.file('nowhere.yaml'), {}, NOW_MS)
  assert.equal(missing.config, undefined)
  assert.deepEqual(missing.problems, [`${folder.file('nowhere.yaml')}: cannot be read (ENOENT)`])
  assert.deepEqual(missing.paths, [folder.file('nowhere.yaml')])
  assert.match((await loadConfig(folder.path, {}, NOW_MS)).problems.join('\n'), /cannot be read \(EISDIR\)/)
})

test('a kubeconfig that is not there is named', async () => {
  await using folder = await temporaryFolder()
  const source = 'listen: ["127.0.0.1:0"]\nsource: { kubernetes: { kubeconfig: /nowhere/config } }\n'
  const { problems } = await load(folder, source)
  assert.deepEqual(problems, ['source.kubernetes.kubeconfig: /nowhere/config: cannot be read (ENOENT)'])
})

const [AUTHORITY = ''] = rootCertificates

test('the authorities to be trusted are read, and their file is watched', async () => {
  await using folder = await temporaryFolder()
  const path = await folder.write('ca.pem', `Corp\n${AUTHORITY}\n`)
  const text = `${MINIMAL}forward: { upstreams: [10.0.0.1], ca: ${path} }\n`
  const loaded = await load(folder, text)
  assert.deepEqual([loaded.problems, loaded.config?.forward.ca], [[], `Corp\n${AUTHORITY}\n`])
  assert.deepEqual(loaded.paths, [folder.file('config.yaml'), path])
  await folder.replace('ca.pem', AUTHORITY)
  assert.equal((await load(folder, text)).config?.forward.ca, AUTHORITY)
})

test('a file of authorities that is missing, holds none, or a broken one, is named, and watched for a better one', async () => {
  await using folder = await temporaryFolder()
  const key = await folder.write('key.pem', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')
  const empty = await folder.write('empty.pem', '')
  const begun = await folder.write('begun.pem', '-----BEGIN CERTIFICATE-----\n')
  const garbage = AUTHORITY.replace(/\nMI.*\n/, '\nhello\n')
  const second = await folder.write('second.pem', `${AUTHORITY}\n${garbage}\n${AUTHORITY}\n`)
  const cut = await folder.write('cut.pem', AUTHORITY.slice(0, 600))
  const rows: readonly (readonly [string, string])[] = [
    [folder.file('no.pem'), 'cannot be read (ENOENT)'],
    [folder.path, 'cannot be read (EISDIR)'],
    [key, 'has no PEM certificate'],
    [empty, 'has no PEM certificate'],
    [begun, 'certificate 1 is broken (bad end line)'],
    [second, 'certificate 2 is broken (bad base64 decode)'],
    [cut, 'certificate 1 is broken (bad end line)'],
  ]
  for (const [path, problem] of rows) {
    const loaded = await load(folder, `${MINIMAL}forward: { upstreams: [10.0.0.1], ca: ${path} }\n`)
    assert.equal(loaded.config, undefined)
    assert.deepEqual(loaded.problems, [`forward.ca: ${path}: ${problem}`])
    assert.ok(loaded.paths.includes(path))
  }
})

test('of a configuration with problems nothing is said to be odd: it may be so because of them', async () => {
  await using folder = await temporaryFolder()
  const ca = await folder.write('ca.pem', AUTHORITY)
  const text = (upstream: string) => `${MINIMAL}forward: { upstreams: [10.0.0.1, "${upstream}"], ca: ${ca} }\n`
  const wrong = await load(folder, text('tls://dns.example'))
  assert.deepEqual([wrong.problems.length, wrong.warnings], [1, []])
  assert.deepEqual((await load(folder, text('10.0.0.2'))).warnings, [
    'forward.ca: not used, as no upstream is tls:// or https://',
  ])
})

test('a problem of what is referred to leaves nothing of the configuration', async () => {
  await using folder = await temporaryFolder()
  await folder.write('kube-dns/stubDomains', '{not json')
  const { config, problems } = await load(folder, `${withUpstreams('10.0.0.1')}kubeDns: ${folder.file('kube-dns')}\n`)
  assert.equal(config, undefined)
  assert.match(problems.join('\n'), /^kube-dns key stubDomains: "\{not json" is not JSON$/)
})

test('problems of single values and contradictions are told at once', async () => {
  await using folder = await temporaryFolder()
  await folder.write('kube-dns/upstreamNameservers', '[5]')
  const text = `${withUpstreams('10.0.0.1')}answers: { ttl: 0s }
federations: { a.b: example.com, fleet: cluster.local }
kubeDns: ${folder.file('kube-dns')}\n`
  const all = (await load(folder, text)).problems.join('\n')
  for (const part of ['answers.ttl: ', 'name "a.b"', 'federations.fleet: ', 'kube-dns key upstreamNameservers'])
    assert.ok(all.includes(part), `${part} in\n${all}`)
})

test('servers are taken from a resolv.conf file, which is watched too', async () => {
  await using folder = await temporaryFolder()
  const path = await folder.write('resolv.conf', 'nameserver 10.0.0.2\nnameserver 10.0.0.3\n')
  const loaded = await load(folder, withUpstreams(path, '10.0.0.4'))
  assert.deepEqual(hostsOf(loaded), ['10.0.0.2', '10.0.0.3', '10.0.0.4'])
  assert.deepEqual(loaded.paths, [folder.file('config.yaml'), path])
})

test('a resolv.conf file that is missing or names no server is a problem that names it', async () => {
  await using folder = await temporaryFolder()
  const missing = folder.file('no.conf')
  const { config, problems } = await load(folder, withUpstreams(missing))
  assert.equal(config, undefined)
  assert.deepEqual(problems, [`forward.upstreams: ${missing}: cannot be read (ENOENT)`])
  const empty = await folder.write('empty.conf', '# nameserver 10.0.0.2\nsearch example.com\n')
  assert.deepEqual((await load(folder, withUpstreams(empty))).problems, [
    `forward.upstreams: ${empty}: names no server`,
  ])
})

test('without upstreams those of /etc/resolv.conf are taken', async () => {
  await using folder = await temporaryFolder()
  assert.deepEqual((await load(folder, MINIMAL)).paths, [folder.file('config.yaml'), '/etc/resolv.conf'])
})

test('a resolv.conf that is not asked for is not read', async () => {
  await using folder = await temporaryFolder()
  assert.deepEqual((await load(folder, withUpstreams())).problems, [])
  assert.deepEqual((await load(folder, withUpstreams())).paths, [folder.file('config.yaml')])
})

test('the directory of a kube-dns ConfigMap has a file for each key; hidden ones are not keys', async () => {
  await using folder = await temporaryFolder()
  const files = { federations: 'fleet=Kube.Example.\n', upstreamNameservers: '["10.0.0.8"]' }
  await new MountedVolume(folder.file('kube-dns')).swap(files)
  await folder.write('kube-dns/.hidden', 'whatever')
  const loaded = await load(folder, `${MINIMAL}kubeDns: ${folder.file('kube-dns')}\n`)
  assert.deepEqual(loaded.problems, [])
  assert.deepEqual(domainsOf(loaded), { fleet: 'kube.example.' })
  assert.deepEqual(hostsOf(loaded), ['10.0.0.8'])
  assert.deepEqual(loaded.paths, [folder.file('config.yaml'), folder.file('kube-dns')])
})

test('a directory of a ConfigMap that is not there, or is empty, is an empty ConfigMap', async () => {
  await using folder = await temporaryFolder()
  const text = `${withUpstreams('10.0.0.1')}kubeDns: ${folder.file('kube-dns')}\n`
  const absent = await load(folder, text)
  assert.deepEqual([absent.problems, domainsOf(absent)], [[], {}])
  assert.deepEqual(absent.paths, [folder.file('config.yaml'), folder.file('kube-dns')])
})

test('keys of the ConfigMap that we do not use are not read at all', async () => {
  await using folder = await temporaryFolder()
  await folder.write('kube-dns/federations', 'fleet=example.com')
  await folder.write('kube-dns/some-folder/file', 'x')
  await symlink('nowhere', folder.file('kube-dns/dangling'))
  const loaded = await load(folder, `${withUpstreams('10.0.0.1')}kubeDns: ${folder.file('kube-dns')}\n`)
  assert.deepEqual([loaded.problems, domainsOf(loaded)], [[], { fleet: 'example.com.' }])
})

test('a file in the place of the directory of a ConfigMap is a problem', async () => {
  await using folder = await temporaryFolder()
  const path = await folder.write('kube-dns', 'a=b.example')
  const { problems } = await load(folder, `${withUpstreams('10.0.0.1')}kubeDns: ${path}\n`)
  assert.match(problems.join('\n'), /kubeDns|kube-dns: cannot be read/)
})

test('problems of all files are told at once', async () => {
  await using folder = await temporaryFolder()
  await folder.write('kube-dns/federations', 'svc=example.com,x')
  const text = `${withUpstreams(folder.file('a.conf'), folder.file('b.conf'))}kubeDns: ${folder.file('kube-dns')}\n`
  const all = (await load(folder, text)).problems.join('\n')
  for (const part of [
    'a.conf: cannot be read',
    'b.conf: cannot be read',
    '"x" is not of the form',
    'name "svc" is reserved',
  ])
    assert.ok(all.includes(part), `${part} in\n${all}`)
})

test('environment variables may stand in paths', async () => {
  await using folder = await temporaryFolder()
  await folder.write('resolv.conf', 'nameserver 10.0.0.2\n')
  const loaded = await load(folder, withUpstreams('${DIR}/resolv.conf'), { DIR: folder.path })
  assert.deepEqual(hostsOf(loaded), ['10.0.0.2'])
})

test('text that is not UTF-8, and a path that no file system has, are no crash', async () => {
  await using folder = await temporaryFolder()
  for (const text of [
    Buffer.from([0xff, 0xfe, 0x00, 0xc3]).toString('latin1'),
    '\u0000\u0000',
    withUpstreams('/a\u0000b'),
    `${MINIMAL}forward: { upstreams: [10.0.0.1], ca: "a\\0b" }\n`,
    `${withUpstreams('10.0.0.1')}kubeDns: "a\\0b"\n`,
    withUpstreams(`/${'x'.repeat(10_000)}`),
  ]) {
    const { config, problems } = await load(folder, text)
    assert.ok(config !== undefined || problems.length > 0, JSON.stringify(text.slice(0, 60)))
  }
})
