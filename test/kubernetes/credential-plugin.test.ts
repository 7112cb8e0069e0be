import assert from 'node:assert/strict'
import { chmod, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { kubeconfigCredentials } from '../../lib/kubernetes/kubeconfig.ts'
import { eventually } from '../helpers/eventually.ts'
import { MovedClock } from '../helpers/moved-clock.ts'
import type { TemporaryFolder } from '../helpers/temporary-folder.ts'
import { Asking } from './asking.ts'
import { CertificateAuthority } from './certificate-authority.ts'
import { base64, kubeconfigFolder } from './kubeconfig-file.ts'
import { type WatchedServer, watchedServer } from './watched-server.ts'

// Programs that give credentials (kubernetes.io/docs/reference/access-authn-authz/authentication, client-go plugins).

const SCRIPT = `
echo call >> calls
cat credential.json
`

type Status = Readonly<Record<string, string>>

const credential = (status: Status) => ({
  apiVersion: 'client.authentication.k8s.io/v1',
  kind: 'ExecCredential',
  status,
})

async function folderWith(
  server: { readonly url: string },
  script: string,
  more: object = {},
): Promise<TemporaryFolder> {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/sh', ...more }
  const folder = await kubeconfigFolder({ cluster: { server: server.url, ...more }, user: {} })
  const args = [await folder.write('plugin', `cd '${folder.path}'\n${script}`)]
  const config = JSON.parse(await readFile(folder.file('config'), 'utf8')) as object
  await folder.replace('config', { ...config, users: [{ name: 'tester', user: { exec: { args, ...exec } } }] })
  return folder
}

const credentialsOf = (folder: TemporaryFolder, clock = new MovedClock()) =>
  kubeconfigCredentials({
    clock,
    wallClock: Date.now,
    env: process.env,
    path: folder.file('config'),
    context: undefined,
  })

const callsOf = async (folder: TemporaryFolder): Promise<number> =>
  (await readFile(folder.file('calls'), 'utf8')).split('\n').length - 1

const tokenShown = ({ last }: WatchedServer) => last.headers.authorization

test('a plugin is called once, and what it gave is used until it is refused', async () => {
  await using server = await watchedServer()
  await using folder = await folderWith(server, SCRIPT)
  await folder.write('credential.json', credential({ token: 'one', expirationTimestamp: '2199-01-01T00:00:00Z' }))
  const clock = new MovedClock()
  await using asking = new Asking(credentialsOf(folder, clock))
  await asking.ask()
  await asking.ask()
  assert.deepEqual([tokenShown(server), await callsOf(folder), clock.pending], ['Bearer one', 1, 0])
  await folder.replace('credential.json', credential({ token: 'two' }))
  await asking.ask()
  assert.deepEqual([tokenShown(server), await callsOf(folder)], ['Bearer one', 1])
  server.answer = (response, { headers }) =>
    response.writeHead(headers.authorization === 'Bearer two' ? 200 : 401).end('{}')
  await asking.ask()
  await asking.ask()
  assert.deepEqual([tokenShown(server), await callsOf(folder)], ['Bearer two', 2])
})

test('a credential that has expired is fetched anew', async () => {
  await using server = await watchedServer()
  await using folder = await folderWith(server, SCRIPT)
  await folder.write('credential.json', credential({ token: 'one', expirationTimestamp: '2020-01-01T00:00:00Z' }))
  await using asking = new Asking(credentialsOf(folder))
  await asking.ask()
  await folder.replace('credential.json', credential({ token: 'two' }))
  await asking.ask()
  await asking.ask()
  assert.deepEqual([tokenShown(server), await callsOf(folder)], ['Bearer two', 2])
})

test('a plugin may give a client certificate', async () => {
  const authority = new CertificateAuthority()
  await using server = await watchedServer({ keys: authority.issue('server', ['127.0.0.1']) })
  const trust = { 'certificate-authority-data': base64(authority.pem) }
  await using folder = await folderWith(server, SCRIPT, trust)
  const { cert, key } = authority.issue('tester')
  await folder.write('credential.json', credential({ clientCertificateData: cert, clientKeyData: key }))
  await using asking = new Asking(credentialsOf(folder))
  await asking.ask()
  assert.equal(server.last.client, 'tester')
})

test('a plugin gets its environment, and ours', async () => {
  await using server = await watchedServer()
  const script = `printf '{"status":{"token":"%s %s"}}' "$MARK" "\${PATH:+path}"`
  await using folder = await folderWith(server, script, { env: [{ name: 'MARK', value: 'marked' }] })
  await using asking = new Asking(credentialsOf(folder))
  await asking.ask()
  assert.equal(tokenShown(server), 'Bearer marked path')
})

test('a plugin that fails is an error with what it said, and is called again the next time', async () => {
  await using server = await watchedServer()
  await using folder = await folderWith(
    server,
    'if [ -e credential.json ]; then cat credential.json; exit 0; fi\necho "please log in" >&2\nexit 3',
  )
  await using asking = new Asking(credentialsOf(folder))
  await assert.rejects(asking.ask(), ({ message }: Error) => {
    assert.ok(
      message.startsWith(`kubeconfig ${folder.file('config')}: `) && message.endsWith(': please log in'),
      message,
    )
    return true
  })
  await folder.write('credential.json', credential({ token: 'now' }))
  await asking.ask()
  assert.equal(tokenShown(server), 'Bearer now')
})

test('a plugin that says nothing, or nothing of use, is an error that names the file', async () => {
  await using server = await watchedServer()
  for (const script of ['exit 1', 'true', 'echo hello', 'echo {}', 'kill -9 $$']) {
    await using folder = await folderWith(server, script)
    await using asking = new Asking(credentialsOf(folder))
    await assert.rejects(asking.ask(), ({ message }: Error) =>
      message.startsWith(`kubeconfig ${folder.file('config')}: `),
    )
  }
  assert.deepEqual(server.shown, [])
})

test('a plugin that gives no credential is an error, not a request without one', async () => {
  await using server = await watchedServer()
  for (const given of ['null', '{"status":{}}']) {
    await using folder = await folderWith(server, `echo '${given}'`)
    await using asking = new Asking(credentialsOf(folder))
    await assert.rejects(asking.ask(), /kubeconfig/)
  }
})

test('a plugin that is not there is named', async () => {
  await using server = await watchedServer()
  await using folder = await folderWith(server, '', { command: '/nowhere/plugin' })
  await assert.rejects(credentialsOf(folder).access(), /kubeconfig .*\/nowhere\/plugin/)
})

// What it runs ends by itself, if nobody ends it.
const HANGING = `echo $$ > pid.new\nmv pid.new pid\nexec sleep 60`

/** The process that a plugin became, gone at the end of a test. */
async function pluginIn(folder: TemporaryFolder): Promise<Disposable & { readonly isRunning: boolean }> {
  const pid = Number(await eventually(() => readFile(folder.file('pid'), 'utf8')))
  const isRunning = () => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  return {
    get isRunning() {
      return isRunning()
    },
    [Symbol.dispose]: () => void (isRunning() && process.kill(pid, 'SIGKILL')),
  }
}

test('a plugin that hangs is an error after 30 s', async () => {
  const clock = new MovedClock()
  await using folder = await folderWith({ url: 'http://api' }, HANGING)
  const refused = assert.rejects(credentialsOf(folder, clock).access(), /kubeconfig .*no credentials within 30 s/)
  using plugin = await pluginIn(folder)
  assert.ok(plugin.isRunning)
  clock.advance(29_999)
  assert.equal(clock.pending, 1)
  clock.advance(1)
  await refused
  assert.equal(clock.pending, 0)
})

test('a plugin that hangs is ended when it is given up', async () => {
  const clock = new MovedClock()
  await using folder = await folderWith({ url: 'http://api' }, HANGING)
  const refused = assert.rejects(credentialsOf(folder, clock).access())
  using plugin = await pluginIn(folder)
  clock.advance(30_000)
  await refused
  await eventually(() => assert.equal(plugin.isRunning, false), 1000)
})

test('requests that begin together call a plugin once', async () => {
  await using server = await watchedServer()
  await using folder = await folderWith(server, SCRIPT)
  await folder.write('credential.json', credential({ token: 'one' }))
  await using asking = new Asking(credentialsOf(folder))
  await Promise.all([asking.ask(), asking.ask(), asking.ask()])
  assert.equal(await callsOf(folder), 1)
})

test('a cluster is known while its plugin fails, as during an outage', async () => {
  await using folder = await folderWith({ url: 'http://api' }, 'exit 1')
  await using asking = new Asking(credentialsOf(folder))
  assert.match(await asking.session.identity(), /^[0-9a-f]{64}$/)
})

test('the path of a plugin is relative to the kubeconfig', async () => {
  await using server = await watchedServer()
  await using folder = await folderWith(server, SCRIPT, { command: './plugin.sh', args: [] })
  await folder.write('credential.json', credential({ token: 'one' }))
  await folder.write('plugin.sh', `#!/bin/sh\ncd '${folder.path}'\n${SCRIPT}`)
  await chmod(folder.file('plugin.sh'), 0o755)
  await using asking = new Asking(credentialsOf(folder))
  assert.equal(await asking.ask(), '{}')
})
