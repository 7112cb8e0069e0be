import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubeconfigCredentials } from '../../lib/kubernetes/kubeconfig.ts'
import { MovedClock } from '../helpers/moved-clock.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { Asking } from './asking.ts'
import { CertificateAuthority } from './certificate-authority.ts'
import { base64, kubeconfigFolder, kubeconfigOf } from './kubeconfig-file.ts'
import { type WatchedServer, watchedServer } from './watched-server.ts'

const HOST = '127.0.0.1'

const authority = new CertificateAuthority()
const keys = authority.issue('server', [HOST, 'api.example.com'])
const DATA = { 'certificate-authority-data': base64(authority.pem) }

const clusterOf = ({ url }: WatchedServer, more: object = DATA) => ({ server: url, ...more })

const credentialsOf = (folder: TemporaryFolder, context?: string) =>
  kubeconfigCredentials({
    clock: new MovedClock(),
    wallClock: Date.now,
    env: process.env,
    path: folder.file('config'),
    context,
  })

const asking = (folder: TemporaryFolder, context?: string): Asking => new Asking(credentialsOf(folder, context))

test('a token, and the certificate authority as data or as a file beside', async () => {
  await using server = await watchedServer({ keys })
  for (const trust of [DATA, { 'certificate-authority': 'ca.crt' }]) {
    await using folder = await kubeconfigFolder({ cluster: clusterOf(server, trust), user: { token: 'one' } })
    await folder.write('ca.crt', authority.pem)
    await using client = asking(folder)
    assert.equal(await client.ask(), '{}')
    assert.equal(server.last.headers.authorization, 'Bearer one')
  }
})

test('the context that is named counts, else the current one', async () => {
  await using here = await watchedServer()
  await using there = await watchedServer()
  await using folder = await temporaryFolder()
  await folder.write('config', {
    clusters: [
      { name: 'here', cluster: { server: here.url } },
      { name: 'there', cluster: { server: there.url } },
    ],
    users: [
      { name: 'one', user: { token: 'one' } },
      { name: 'two', user: { token: 'two' } },
    ],
    contexts: [
      { name: 'a', context: { cluster: 'here', user: 'one' } },
      { name: 'b', context: { cluster: 'there', user: 'two' } },
    ],
    'current-context': 'a',
  })
  await using current = asking(folder)
  await using named = asking(folder, 'b')
  await Promise.all([current.ask(), named.ask()])
  assert.deepEqual([here.last.headers.authorization, there.last.headers.authorization], ['Bearer one', 'Bearer two'])
})

test('a context that is not there is named, with those that are', async () => {
  const config = kubeconfigOf({ cluster: { server: 'https://api' } }) as Record<string, unknown>
  const rows: readonly (readonly [content: object, context: string | undefined, message: RegExp])[] = [
    [config, 'other', /no context "other"; it has: test$/],
    [{ ...config, 'current-context': undefined }, undefined, /no context ""; it has: test$/],
    [{ ...config, 'current-context': 'gone' }, undefined, /no context "gone"; it has: test$/],
    [{ ...config, contexts: [] }, undefined, /no context "test"; it has: none$/],
    [{ ...config, clusters: [] }, undefined, /context "test" names a cluster that is not there: "here"$/],
  ]
  for (const [content, context, message] of rows) {
    await using folder = await temporaryFolder()
    await folder.write('config', content)
    await assert.rejects(credentialsOf(folder, context).access(), (error: Error) => {
      assert.match(error.message, message)
      assert.ok(error.message.includes(folder.file('config')), error.message)
      return true
    })
  }
})

test('a token in a file beside, without its newline; when it was rotated, a refusal is enough to use the new one', async () => {
  await using server = await watchedServer()
  await using folder = await kubeconfigFolder({ cluster: clusterOf(server, {}), user: { tokenFile: 'secret/token' } })
  await folder.write('secret/token', 'one\n')
  await using client = asking(folder)
  await client.ask()
  assert.equal(server.last.headers.authorization, 'Bearer one')
  server.answer = (response, { headers }) =>
    response.writeHead(headers.authorization === 'Bearer two' ? 200 : 401).end('{}')
  await folder.replace('secret/token', 'two\n')
  await client.ask()
  assert.equal(server.last.headers.authorization, 'Bearer two')
})

test('a token file that is missing is named', async () => {
  await using folder = await kubeconfigFolder({ cluster: { server: 'http://api' }, user: { tokenFile: 'gone' } })
  await assert.rejects(credentialsOf(folder).access(), ({ message }: Error) => {
    assert.ok(message.includes(folder.file('config')) && message.includes(folder.file('gone')), message)
    return true
  })
})

test('a client certificate, as data or as files beside', async () => {
  await using server = await watchedServer({ keys })
  const client = authority.issue('tester')
  const users = [
    { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) },
    { 'client-certificate': 'client.crt', 'client-key': 'client.key' },
  ]
  for (const user of users) {
    await using folder = await kubeconfigFolder({ cluster: clusterOf(server), user })
    await folder.write('client.crt', client.cert)
    await folder.write('client.key', client.key)
    await using session = asking(folder)
    await session.ask()
    assert.equal(server.last.client, 'tester')
    assert.equal(server.last.headers.authorization, undefined)
  }
})

test('a client certificate whose files were renewed counts for the next request', async () => {
  await using server = await watchedServer({ keys })
  const user = { 'client-certificate': 'client.crt', 'client-key': 'client.key' }
  await using folder = await kubeconfigFolder({ cluster: clusterOf(server), user })
  await using session = asking(folder)
  for (const name of ['before', 'after']) {
    const client = authority.issue(name)
    await folder.replace('client.crt', client.cert)
    await folder.replace('client.key', client.key)
    await session.ask()
    assert.equal(server.last.client, name)
  }
})

test('a user name and password', async () => {
  await using server = await watchedServer()
  const user = { username: 'tester', password: 'p:w' }
  await using folder = await kubeconfigFolder({ cluster: clusterOf(server, {}), user })
  await using client = asking(folder)
  await client.ask()
  assert.equal(server.last.headers.authorization, `Basic ${base64('tester:p:w')}`)
})

test('a server that another authority has signed, or that has another name, is not given the token', async () => {
  const rows = [
    [keys, { 'certificate-authority-data': base64(new CertificateAuthority('other').pem) }],
    [keys, {}],
    [authority.issue('server', ['192.0.2.1']), DATA],
    [keys, { ...DATA, 'tls-server-name': 'other.example.com' }],
  ] as const
  for (const [keys, trust] of rows) {
    await using server = await watchedServer({ keys })
    await using folder = await kubeconfigFolder({ cluster: clusterOf(server, trust), user: { token: 'secret' } })
    await using client = asking(folder)
    await assert.rejects(client.ask(), /certificate|altnames/i)
    assert.deepEqual(server.shown, [])
  }
})

test('tls-server-name is the name that is asked for and checked', async () => {
  await using server = await watchedServer({ keys: authority.issue('server', ['api.example.com']) })
  const cluster = clusterOf(server, { ...DATA, 'tls-server-name': 'api.example.com' })
  await using folder = await kubeconfigFolder({ cluster, user: { token: 'one' } })
  await using client = asking(folder)
  await client.ask()
  assert.equal(server.last.serverName, 'api.example.com')
})

test('insecure-skip-tls-verify trusts any server', async () => {
  await using server = await watchedServer({ keys: new CertificateAuthority('other').issue('server', ['elsewhere']) })
  const cluster = clusterOf(server, { 'insecure-skip-tls-verify': true })
  await using folder = await kubeconfigFolder({ cluster, user: { token: 'one' } })
  await using client = asking(folder)
  await client.ask()
  assert.equal(server.last.headers.authorization, 'Bearer one')
})

test('a context without a user trusts the certificate authority of its cluster', async () => {
  await using server = await watchedServer({ keys })
  await using folder = await temporaryFolder()
  const config = kubeconfigOf({ cluster: clusterOf(server) })
  await folder.write('config', { ...config, contexts: [{ name: 'test', context: { cluster: 'here' } }] })
  await using client = asking(folder)
  assert.equal(await client.ask(), '{}')
})

test('a context that names a user who is not there is refused, and says so', async () => {
  await using folder = await temporaryFolder()
  await folder.write('config', { ...kubeconfigOf({ cluster: { server: 'http://api' } }), users: [] })
  await assert.rejects(credentialsOf(folder).access(), /tester/)
})

test('a server without TLS, and one whose URL ends with a slash', async () => {
  await using server = await watchedServer()
  await using folder = await kubeconfigFolder({ cluster: { server: `${server.url}/` }, user: { token: 'one' } })
  await using client = asking(folder)
  await client.ask('/api')
  assert.equal(server.last.path, '/api?watch=1')
})

test('the proxy of a cluster', async () => {
  const cluster = { server: 'https://api', 'proxy-url': 'http://127.0.0.1:3128' }
  await using folder = await kubeconfigFolder({ cluster, user: { token: 'one' } })
  assert.equal((await credentialsOf(folder).access()).proxyUrl, 'http://127.0.0.1:3128')
})

test('a file that changes is read again, in place or by renaming', async () => {
  await using server = await watchedServer()
  await using folder = await kubeconfigFolder({ cluster: clusterOf(server, {}), user: { token: 'one' } })
  await using client = asking(folder)
  await client.ask()
  await folder.write('config', kubeconfigOf({ cluster: clusterOf(server, {}), user: { token: 'two' } }))
  await client.ask()
  await folder.replace('config', kubeconfigOf({ cluster: clusterOf(server, {}), user: { token: 'six' } }))
  await client.ask()
  const tokens = server.shown.map(({ headers }) => headers.authorization)
  assert.deepEqual(tokens, ['Bearer one', 'Bearer two', 'Bearer six'])
})

test('a file that is broken or missing is named; it is used again when it is mended', async () => {
  await using server = await watchedServer()
  const good = kubeconfigOf({ cluster: clusterOf(server, {}), user: { token: 'one' } })
  await using folder = await temporaryFolder()
  await using client = asking(folder)
  const isNamed = ({ message }: Error) => {
    assert.ok(message.startsWith(`kubeconfig ${folder.file('config')}`), message)
    return true
  }
  await assert.rejects(client.ask(), isNamed)
  const broken = ['', 'clusters: [', '[]', 'null', '{"clusters": 1}', JSON.stringify(good).slice(0, 60)]
  for (const content of broken) {
    await folder.replace('config', content)
    await assert.rejects(client.ask(), isNamed, content)
  }
  await folder.remove('config')
  await folder.write('config/is-a-folder', '')
  await assert.rejects(client.ask(), isNamed)
  await folder.remove('config')
  await folder.replace('config', good)
  assert.equal(await client.ask(), '{}')
})
