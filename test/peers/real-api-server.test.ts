import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { test } from 'node:test'
import { eventually } from '../helpers/eventually.ts'
import { ApiError, peersMissing, startRealApiServer } from '../helpers/real-api-server.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const SERVICES = '/api/v1/namespaces/shop/services'
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices'
const RBAC = '/apis/rbac.authorization.k8s.io/v1'

const SERVICE = { metadata: { name: 'cart' }, spec: { ports: [{ name: 'http', port: 80 }] } }
const SLICE = {
  metadata: { name: 'cart-1', labels: { 'kubernetes.io/service-name': 'cart' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }],
  ports: [{ name: 'http', port: 8080 }],
}

const skip = peersMissing() ?? false

interface Listed {
  readonly items: readonly { readonly metadata: { readonly name: string } }[]
}

const namesOf = (list: unknown): string[] => (list as Listed).items.map(({ metadata }) => metadata.name)

test('a real API server keeps objects, and lets in whom it knows', { skip }, async (t) => {
  await using server = await startRealApiServer()
  await server.request('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
  await server.request('POST', SERVICES, SERVICE)
  await server.request('POST', SLICES, SLICE)

  await t.test('a ServiceAccount may not do what no role allows', async () => {
    const as = { token: await server.serviceAccountToken('shop', 'reader') }
    await assert.rejects(server.request('GET', SERVICES, undefined, { as }), (error) => {
      assert.ok(error instanceof ApiError)
      assert.equal(error.status, 403)
      assert.match(error.message, /"system:serviceaccount:shop:reader" cannot list resource "services"/)
      return true
    })
  })

  await t.test('a ServiceAccount may do what a role allows', async () => {
    const as = { token: await server.serviceAccountToken('shop', 'viewer') }
    await server.request('POST', `${RBAC}/clusterroles`, {
      metadata: { name: 'viewer' },
      rules: [{ apiGroups: ['', 'discovery.k8s.io'], resources: ['services', 'endpointslices'], verbs: ['list'] }],
    })
    await server.request('POST', `${RBAC}/clusterrolebindings`, {
      metadata: { name: 'viewer' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'viewer' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'shop', name: 'viewer' }],
    })
    // The server learns of roles by a watch of its own.
    const list = await eventually(() => server.request('GET', SLICES, undefined, { as }))
    assert.deepEqual(namesOf(list), ['cart-1'])
  })

  await t.test('a client certificate stands for a user and groups', async () => {
    const master = await server.clientCertificate('root', ['system:masters'])
    assert.deepEqual(namesOf(await server.request('GET', SERVICES, undefined, { as: master })), ['cart'])
    const nobody = await server.clientCertificate('nobody', [])
    await assert.rejects(server.request('GET', SERVICES, undefined, { as: nobody }), { status: 403 })
  })

  await t.test('who does not say who they are is told of its health, and no more', async () => {
    assert.equal(await server.request('GET', '/readyz', undefined, { as: 'anyone' }), 'ok')
    await assert.rejects(server.request('GET', SERVICES, undefined, { as: 'anyone' }), { status: 401 })
  })

  await t.test('a kubeconfig says where it is and how to trust it', async () => {
    await using folder = await temporaryFolder()
    const path = await server.writeKubeconfig(folder.path, { token: server.adminToken })
    const { clusters, users } = JSON.parse(await readFile(path, 'utf8')) as {
      clusters: [{ cluster: Record<string, string> }]
      users: [{ user: object }]
    }
    assert.equal(clusters[0].cluster['server'], server.url)
    assert.equal(atob(clusters[0].cluster['certificate-authority-data'] ?? ''), server.caPem)
    assert.deepEqual(users[0].user, { token: server.adminToken })
  })

  await t.test('frozen, it takes connections and says nothing; thawed, it answers', async () => {
    server.freeze()
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.destroy()
    const answer = server.request('GET', SERVICES)
    server.thaw()
    assert.deepEqual(namesOf(await answer), ['cart'])
  })

  await t.test('killed and started again, it is the same', async () => {
    const token = await server.serviceAccountToken('shop', 'viewer')
    await server.kill()
    await assert.rejects(server.request('GET', SERVICES), { code: 'ECONNREFUSED' })
    await server.restart()
    assert.deepEqual(namesOf(await server.request('GET', SERVICES)), ['cart'])
    assert.deepEqual(namesOf(await server.request('GET', SERVICES, undefined, { as: { token } })), ['cart'])
  })
})

test('a flag that kube-apiserver does not know is told with what it wrote', { skip }, async () => {
  await assert.rejects(startRealApiServer({ flags: ['--no-such-flag'] }), /unknown flag: --no-such-flag/)
})
