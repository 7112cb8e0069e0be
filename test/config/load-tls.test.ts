import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Loaded, loadConfig } from '../../lib/config/load-config.ts'
import { MountedVolume } from '../helpers/mounted-volume.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { CertificateAuthority } from '../kubernetes/certificate-authority.ts'

const authority = new CertificateAuthority()
const ONE = authority.issue('one.test', ['one.test'])
const OTHER = authority.issue('other.test', ['other.test'])
// Of certificates of this authority.
const FROM_MS = Date.parse('2020-01-01T00:00:00Z')
const UNTIL_MS = Date.parse('2049-12-31T23:59:59Z')

async function load(
  folder: TemporaryFolder,
  files: Readonly<Record<string, string>>,
  nowMs = FROM_MS,
  listen = '"127.0.0.1:53", "tls://127.0.0.1"',
): Promise<Loaded> {
  for (const [name, content] of Object.entries(files)) await folder.write(name, content)
  const paths = `certificate: ${folder.file('tls.crt')}, key: ${folder.file('tls.key')}`
  const text = `listen: [${listen}]\nsource: { manifests: [a] }\nforward: { upstreams: [10.0.0.1] }\ntls: { ${paths} }\n`
  return loadConfig(await folder.write('config.yaml', text), {}, nowMs)
}

test('certificate, issuers behind it, and key are read, and both files are watched', async () => {
  await using folder = await temporaryFolder()
  const chain = ONE.cert + authority.pem
  const { config, problems, warnings, paths } = await load(folder, { 'tls.crt': chain, 'tls.key': ONE.key })
  assert.deepEqual([problems, warnings], [[], []])
  assert.deepEqual(config?.tls, { certificate: chain, key: ONE.key, expiresAtMs: UNTIL_MS })
  assert.deepEqual(config?.listen[1], { host: '127.0.0.1', port: 853, isEncrypted: true })
  assert.deepEqual(
    paths,
    ['config.yaml', 'tls.crt', 'tls.key'].map((name) => folder.file(name)),
  )
})

test('what is wrong with either is named, all at once, and both are watched for better ones', async () => {
  const encrypted = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n'
  const broken = ONE.cert.replace(/\nMI.*\n/, '\nhello\n')
  const rows: readonly (readonly [Readonly<Record<string, string>>, readonly RegExp[]])[] = [
    [{}, [/^tls\.certificate: .*tls\.crt: cannot be read \(ENOENT\)$/, /^tls\.key: .*tls\.key: cannot be read/]],
    [
      { 'tls.crt': ONE.key, 'tls.key': ONE.cert },
      [/tls\.crt: has no PEM certificate/, /tls\.key: has no PEM private key/],
    ],
    [{ 'tls.crt': ONE.cert + broken, 'tls.key': ONE.key }, [/tls\.crt: certificate 2 is broken/]],
    [{ 'tls.crt': ONE.cert, 'tls.key': encrypted }, [/^tls\.key: .*: is encrypted; a key without a passphrase/]],
    [{ 'tls.crt': ONE.cert, 'tls.key': ONE.key.replace(/\nM/, '\nX') }, [/^tls\.key: .*: is broken \(/]],
    [{ 'tls.crt': ONE.cert, 'tls.key': OTHER.key }, [/^tls\.key: .*: does not belong to the \(first\) certificate/]],
    [{ 'tls.crt': authority.pem + ONE.cert, 'tls.key': ONE.key }, [/^tls\.key: .*: does not belong to the \(first\)/]],
  ]
  for (const [files, patterns] of rows) {
    await using folder = await temporaryFolder()
    const { config, problems, paths } = await load(folder, files)
    assert.equal(config, undefined)
    assert.equal(problems.length, patterns.length, problems.join('\n'))
    for (const [i, pattern] of patterns.entries()) assert.match(problems[i] ?? '', pattern)
    assert.deepEqual(
      paths.slice(1),
      ['tls.crt', 'tls.key'].map((name) => folder.file(name)),
    )
  }
})

test('a certificate out of its time is used, with a warning; so is one that nobody is shown', async () => {
  await using folder = await temporaryFolder()
  const files = { 'tls.crt': ONE.cert, 'tls.key': ONE.key }
  const warningsAt = async (nowMs: number) => (await load(folder, files, nowMs)).warnings
  assert.deepEqual(await warningsAt(UNTIL_MS - 1), [])
  assert.deepEqual(await warningsAt(UNTIL_MS), ['tls.certificate: has expired at 2049-12-31T23:59:59.000Z'])
  assert.deepEqual(await warningsAt(FROM_MS - 1), ['tls.certificate: is not valid before 2020-01-01T00:00:00.000Z'])
  const unused = await load(folder, files, FROM_MS, '"127.0.0.1:53"')
  assert.deepEqual(unused.warnings, ['tls: not used, as no address of listen is tls://'])
})

test('both files of a Secret that is swapped are of the same version', async () => {
  await using folder = await temporaryFolder()
  const volume = new MountedVolume(folder.path)
  for (const { cert, key } of [ONE, OTHER]) {
    await volume.swap({ 'tls.crt': cert, 'tls.key': key })
    const { config, problems } = await load(folder, {})
    assert.deepEqual([problems, config?.tls?.key], [[], key])
  }
})
