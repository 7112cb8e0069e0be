import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inClusterCredentials } from '../../lib/kubernetes/in-cluster.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { Asking } from './asking.ts'
import { CertificateAuthority } from './certificate-authority.ts'
import { type WatchedServer, watchedServer } from './watched-server.ts'

const HOST = '127.0.0.1'

async function mounted(authority: CertificateAuthority, token = 'one\n'): Promise<TemporaryFolder> {
  const folder = await temporaryFolder()
  await folder.write('token', token)
  await folder.write('ca.crt', authority.pem)
  return folder
}

const environment = ({ port }: WatchedServer, host = HOST) => ({
  KUBERNETES_SERVICE_HOST: host,
  KUBERNETES_SERVICE_PORT: String(port),
})

test('a pod asks with the token of its ServiceAccount, also if that ends with a newline', async () => {
  const authority = new CertificateAuthority()
  await using server = await watchedServer({ keys: authority.issue('server', [HOST]) })
  await using folder = await mounted(authority, 'one\n')
  await using asking = new Asking(inClusterCredentials(environment(server), folder.path))
  assert.equal(await asking.ask('/api/v1/services'), '{}')
  assert.equal(server.last.path, '/api/v1/services?watch=1')
  assert.equal(server.last.headers.authorization, 'Bearer one')
})

test('a token that was rotated counts for the very next request', async () => {
  const authority = new CertificateAuthority()
  await using server = await watchedServer({ keys: authority.issue('server', [HOST]) })
  await using folder = await mounted(authority)
  await using asking = new Asking(inClusterCredentials(environment(server), folder.path))
  for (const token of ['one', 'two', 'three']) {
    await folder.replace('token', token)
    await asking.ask()
  }
  const tokens = server.shown.map(({ headers }) => headers.authorization)
  assert.deepEqual(tokens, ['Bearer one', 'Bearer two', 'Bearer three'])
})

test('a certificate authority that was replaced counts for the next request', async () => {
  const [before, after] = [new CertificateAuthority('before'), new CertificateAuthority('after')]
  await using server = await watchedServer({ keys: before.issue('server', [HOST]) })
  await using folder = await mounted(before)
  await using asking = new Asking(inClusterCredentials(environment(server), folder.path))
  await asking.ask()
  server.changeKeys(after.issue('server', [HOST]))
  await folder.replace('ca.crt', after.pem)
  await asking.ask()
  assert.deepEqual(
    server.shown.map(({ connection }) => connection),
    [1, 2],
  )
})

test('a server that another authority has signed is not given the token', async () => {
  await using server = await watchedServer({ keys: new CertificateAuthority('other').issue('server', [HOST]) })
  await using folder = await mounted(new CertificateAuthority())
  await using asking = new Asking(inClusterCredentials(environment(server), folder.path))
  await assert.rejects(asking.ask(), /certificate/)
  assert.deepEqual(server.shown, [])
})

test('an IPv6 address of the API server', async () => {
  const authority = new CertificateAuthority()
  await using server = await watchedServer({ keys: authority.issue('server', ['::1']), host: '::1' })
  await using folder = await mounted(authority)
  await using asking = new Asking(inClusterCredentials(environment(server, '::1'), folder.path))
  assert.equal(await asking.ask(), '{}')
})

test('what is missing is named, with what to do outside of a pod', async () => {
  const authority = new CertificateAuthority()
  const whole = { KUBERNETES_SERVICE_HOST: HOST, KUBERNETES_SERVICE_PORT: '443' }
  for (const name of ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT']) {
    await using folder = await mounted(authority)
    const credentials = inClusterCredentials({ ...whole, [name]: undefined }, folder.path)
    await assert.rejects(credentials.access(), new RegExp(`${name}.*is not set.*source\\.kubernetes\\.kubeconfig`))
  }
  for (const name of ['token', 'ca.crt']) {
    await using folder = await mounted(authority)
    await folder.remove(name)
    const credentials = inClusterCredentials(whole, folder.path)
    await assert.rejects(credentials.access(), ({ message }: Error) => {
      assert.ok(message.startsWith(`${folder.file(name)} cannot be read (ENOENT)`), message)
      return true
    })
  }
})

test('a file that was missing is read when it is there', async () => {
  const authority = new CertificateAuthority()
  await using server = await watchedServer({ keys: authority.issue('server', [HOST]) })
  await using folder = await mounted(authority)
  await using asking = new Asking(inClusterCredentials(environment(server), folder.path))
  await folder.remove('token')
  await assert.rejects(asking.ask(), /token cannot be read/)
  await folder.replace('token', 'late')
  await asking.ask()
  assert.equal(server.last.headers.authorization, 'Bearer late')
})
