import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import manifest from '../../package.json' with { type: 'json' }
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const PROGRAM = join(import.meta.dirname, '../../cmd/feddns.ts')
const GIVE_UP_MS = 30_000

function feddns(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const options = { env: { PATH: process.env['PATH'], ...env }, timeout: GIVE_UP_MS }
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      resolve({ code: typeof code === 'number' ? code : -1, stdout, stderr })
    })
  })
}

const settings = (folder: TemporaryFolder, listen = '127.0.0.1:0') => ({
  listen: [listen],
  source: { manifests: [folder.path] },
  forward: { upstreams: [] },
})

test('version prints the version', async () => {
  assert.deepEqual(await feddns(['version']), { code: 0, stdout: `${manifest.version}\n`, stderr: '' })
})

test('the help names every command, and the help of each has its usage and examples', async () => {
  const { code, stdout } = await feddns(['--help'])
  assert.equal(code, 0)
  assert.match(stdout, /^Usage: feddns COMMAND/m)
  const listed = [...stdout.matchAll(/^ {2}([a-z]+)\b.* {2,}\S/gm)].map(([, name = '']) => name)
  assert.ok(listed.includes('resolver') && listed.includes('convert'), stdout)
  for (const [i, help] of (await Promise.all(listed.map((name) => feddns([name, '--help'])))).entries()) {
    assert.deepEqual([help.code, help.stderr], [0, ''])
    assert.match(help.stdout, new RegExp(`^Usage: feddns ${listed[i]}`, 'm'))
    assert.match(help.stdout, new RegExp(`^Examples:\\n(  .*feddns ${listed[i]}.*\\n)+`, 'm'))
  }
})

// A wrong command line, and what the line on standard error must say. The exit code is 2, and nothing is printed.
const WRONG: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /which command\?/],
  [['reslover'], /"reslover" is none of the commands resolver, check, convert, purge, dump, version/],
  [['constructor'], /"constructor" is none of the commands/],
  [['constructor', '--help'], /"constructor" is none of the commands/],
  [['nothing', '--help'], /"nothing" is none of the commands/],
  [['resolver'], /--config FILE \(or FEDDNS_CONFIG\) is missing/],
  [['check', '--config', ''], /--config FILE \(or FEDDNS_CONFIG\) is missing/],
  [['check', '--config'], /--config/],
  [['check', '--cofnig', 'x'], /--cofnig/],
  [['check', '-x'], /-x/],
  [['check', 'config.yaml', '--config', 'config.yaml'], /"config\.yaml" is one word too many/],
  [['version', 'now'], /"now" is one word too many/],
  [
    ['resolver', '--config', 'x', '--log-level', 'loud'],
    /--log-level "loud" is none of debug, info, warn, error, silent/,
  ],
  [['convert'], /convert takes: corefile FILE/],
  [['convert', 'corefile'], /convert takes: corefile FILE/],
  [['convert', 'bind', 'x'], /convert takes: corefile FILE/],
  [['convert', 'corefile', 'x', 'y'], /"y" is one word too many/],
]

test('a wrong command line ends with 2, and one line says what is wrong with it', async () => {
  for (const [i, { code, stdout, stderr }] of (await Promise.all(WRONG.map(([args]) => feddns(args)))).entries()) {
    const [args, message] = WRONG[i] as (typeof WRONG)[number]
    assert.deepEqual([code, stdout], [2, ''], `feddns ${args.join(' ')}`)
    assert.match(stderr, message)
    assert.match(stderr, /^feddns: .*\n`feddns --help` tells what there is\.\n$/)
  }
})

test('check ends with 0 if a configuration is right, and prints its warnings', async () => {
  await using folder = await temporaryFolder()
  const config = await folder.write('config.yaml', { ...settings(folder), federations: { dev: 'example.com' } })
  const { code, stdout, stderr } = await feddns(['check', '--config', config])
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^warning: federations: "dev" is also a top-level.*\n.*config\.yaml is valid\n$/)
})

test('check prints every problem, and ends with 1', async () => {
  await using folder = await temporaryFolder()
  const wrong = { ...settings(folder, '${POD_IP}:53'), answers: { ttl: '0s', style: 'x' }, federations: { svc: 'a.b' } }
  const config = await folder.write('config.yaml', wrong)
  const { code, stdout, stderr } = await feddns(['check'], { FEDDNS_CONFIG: config, POD_IP: '0.0.0.0' })
  assert.deepEqual([code, stderr], [1, ''])
  for (const key of ['listen.0', 'answers.ttl', 'answers.style', 'federations'])
    assert.match(stdout, new RegExp(`^problem: ${key}: `, 'm'))
  assert.match(stdout, /config\.yaml has 4 problems\n$/)
})

test('check of a file that is not there names it', async () => {
  const { code, stdout } = await feddns(['check', '--config', '/nowhere/config.yaml'])
  assert.equal(code, 1)
  assert.match(stdout, /^problem: \/nowhere\/config\.yaml: cannot be read \(ENOENT\)\n.* has 1 problem\n$/)
})

test('convert prints the federations of a Corefile as check takes them', async () => {
  await using folder = await temporaryFolder()
  const corefile = await folder.write(
    'Corefile',
    '.:53 {\n federation {\n  Prod Prod.Example.ORG.\n  st st.example.org\n }\n}\n',
  )
  const { code, stdout, stderr } = await feddns(['convert', 'corefile', corefile])
  assert.deepEqual([code, stderr], [0, ''])
  const { federations } = parse(stdout) as { federations: object }
  assert.deepEqual(federations, { prod: 'prod.example.org', st: 'st.example.org' })
  const config = await folder.write('config.yaml', { ...settings(folder), federations })
  assert.equal((await feddns(['check', '--config', config])).code, 0)
})

test('convert refuses what could not be used, with the file', async () => {
  await using folder = await temporaryFolder()
  const texts = [
    '. {\n}\n',
    'federation {\n a b c\n}\n',
    'federation {\n a.b example.org\n}\n',
    'federation {\n svc a.b\n}\n',
  ]
  for (const text of [...texts, 'federation {\n a one.example\n A two.example\n}\n']) {
    const corefile = await folder.write('Corefile', text)
    const { code, stdout, stderr } = await feddns(['convert', 'corefile', corefile])
    assert.deepEqual([code, stdout], [1, ''], text)
    assert.ok(stderr.startsWith(`${corefile}: `), stderr)
  }
  const { code, stderr } = await feddns(['convert', 'corefile', folder.file('nowhere')])
  assert.equal(code, 1)
  assert.match(stderr, /^feddns: .*nowhere/)
})

const linesOf = ({ stdout }: Ended) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>)

test('a resolver with a bad configuration logs every problem and ends with 1', async () => {
  await using folder = await temporaryFolder()
  const config = await folder.write('config.yaml', {
    ...settings(folder),
    answers: { ttl: 0 },
    cache: { entries: -1 },
    x: 1,
  })
  const ended = await feddns(['resolver', '--config', config])
  assert.deepEqual([ended.code, ended.stderr], [1, ''])
  const lines = linesOf(ended)
  assert.ok(lines.every(({ level, msg }) => level === 'error' && msg === 'configuration refused'))
  const keys = lines.map(({ problem = '' }) => problem.replace(/:.*/, ''))
  assert.deepEqual(keys.sort(), ['answers.ttl', 'cache.entries', 'x'])
  assert.ok(lines.every((line) => line['config'] === config))
})

test('nothing is logged where silence was asked for', async () => {
  const args = ['resolver', '--config', '/nowhere.yaml']
  const silent = { code: 1, stdout: '', stderr: '' }
  assert.deepEqual(await feddns([...args, '--log-level', 'silent']), silent)
  assert.deepEqual(await feddns(args, { FEDDNS_LOG_LEVEL: 'silent' }), silent)
})

test('a resolver whose port is taken says which, and ends with 1', async () => {
  await using folder = await temporaryFolder()
  await using udp = createSocket('udp4').bind(0, '127.0.0.1')
  await using tcp = createServer().listen(0, '127.0.0.1')
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')])
  const tcpAddress = tcp.address()
  const tcpPort = typeof tcpAddress === 'object' ? tcpAddress?.port : undefined
  const taken = { udp: `127.0.0.1:${udp.address().port}`, tcp: `127.0.0.1:${tcpPort}` }
  const rows: readonly (readonly [object, string])[] = [
    [settings(folder, taken.udp), `cannot listen on UDP ${taken.udp}: another process listens there`],
    [settings(folder, taken.tcp), `cannot listen on TCP ${taken.tcp}: another process listens there`],
    [settings(folder, '192.0.2.1:1053'), 'cannot listen on UDP 192.0.2.1:1053: this host does not have the address'],
    [{ ...settings(folder), http: { listen: taken.tcp } }, taken.tcp],
  ]
  for (const [config, message] of rows) {
    const ended = await feddns(['resolver', '--config', await folder.write('config.yaml', config)])
    assert.deepEqual([ended.code, ended.stderr], [1, ''])
    const failed = linesOf(ended).find(({ msg }) => msg === 'cannot start')
    assert.ok(failed?.['error']?.includes(message), ended.stdout)
  }
})
