import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { eventually } from '../helpers/eventually.ts'
import { ask } from '../helpers/asked.ts'
import { node, service, slice } from '../helpers/objects.ts'
import { ApiError, peersMissing, type RealApiServer, startRealApiServer } from '../helpers/real-api-server.ts'
import { type LogLine, type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'

// What manifests/rbac.yaml grants, as the API server sees it: enough, and no more.

const FILE = join(import.meta.dirname, '../../manifests/rbac.yaml')
const NAMESPACE = 'kube-system'
const NAME = 'feddns-resolver'
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const ROLE = `${RBAC}/clusterroles/${NAME}`
const FED = 'web.shop.fleet.svc.cluster.local'
const ANSWER = ['NOERROR', `${FED}. CNAME web.shop.svc.cluster.local.`, 'web.shop.svc.cluster.local. A 10.96.0.10']

const LISTS: Readonly<Record<string, string>> = {
  services: '/api/v1/services',
  endpointslices: '/apis/discovery.k8s.io/v1/endpointslices',
  nodes: '/api/v1/nodes',
}

const PATHS: Readonly<Record<string, string>> = {
  ServiceAccount: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`,
  ClusterRole: `${RBAC}/clusterroles`,
  ClusterRoleBinding: `${RBAC}/clusterrolebindings`,
}

const skip = peersMissing() ?? false

interface Rule {
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly Rule[]
}

const manifests = async (): Promise<Manifest[]> =>
  parseAllDocuments(await readFile(FILE, 'utf8')).map((document) => document.toJS() as Manifest)

async function install(server: RealApiServer): Promise<Manifest> {
  await server.request('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } }).catch((error) => {
    if (!(error instanceof ApiError && error.status === 409)) throw error
  })
  const objects = await manifests()
  for (const object of objects) {
    const path = PATHS[object.kind]
    assert.ok(path, `a ${object.kind} is not expected here`)
    await server.request('POST', path, object)
  }
  const role = objects.find(({ kind }) => kind === 'ClusterRole')
  assert.ok(role?.rules)
  return role
}

async function fill(server: RealApiServer): Promise<void> {
  await server.request('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
  await server.request('POST', '/api/v1/nodes', node('n1', 'z.r'))
  await server.request('POST', '/api/v1/namespaces/shop/services', service('web.shop', '10.96.0.10'))
  await server.request('POST', '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices', slice('web.shop'))
}

async function resolverIn(folder: TemporaryFolder, kubeconfig: string): Promise<RunningResolver> {
  const config = await folder.write('config.yaml', {
    federations: { fleet: 'example.com' },
    listen: ['127.0.0.1:0'],
    source: { kubernetes: { kubeconfig }, grace: '1h' },
    // This API server knows of no pods of a cluster DNS, which the log would tell of.
    clusterDNS: 'off',
    forward: { upstreams: [] },
    http: { listen: '127.0.0.1:0' },
    lameDuck: '0s',
  })
  return startResolver({ config, env: { NODE_NAME: 'n1' } })
}

const isKnown = ({ msg }: LogLine): boolean => msg === 'the cluster is known, and watched'
const isNodeMissed = ({ msg }: LogLine): boolean => msg.startsWith('our node does not exist, or may not be read')
const isRefused =
  (path: string) =>
  ({ msg, path: of, error }: LogLine): boolean =>
    msg.startsWith('watch failed') && of === path && String(error).includes('403 Forbidden')

const answers = ({ port }: RunningResolver) => ask({ host: '127.0.0.1', port }, `${FED} A`)

const readyStatus = async ({ httpUrl }: RunningResolver) => (await fetch(`${httpUrl}/readyz`)).status

const withVerbs = (role: Manifest, verbs: readonly string[]) => ({
  ...role,
  rules: role.rules?.map((rule) => ({ ...rule, verbs })),
})

const GROUPS: Readonly<Record<string, string>> = { endpointslices: 'discovery.k8s.io' }

/** Waits until the API server, which learns of roles by a watch of its own, allows or refuses all three. */
async function untilAllowed(server: RealApiServer, token: string, verb: 'list' | 'watch', isAllowed: boolean) {
  for (const resource of Object.keys(LISTS)) await untilOneIs({ server, token, resource, verb, isAllowed })
}

interface Asked {
  readonly server: RealApiServer
  readonly token: string
  readonly resource: string
  readonly verb: 'list' | 'watch'
  readonly isAllowed: boolean
}

const untilOneIs = ({ server, token, resource, verb, isAllowed }: Asked) =>
  eventually(async () => {
    const spec = { resourceAttributes: { verb, resource, group: GROUPS[resource] ?? '' } }
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
    const review = (await server.request('POST', path, { spec }, { as: { token } })) as { status: { allowed: boolean } }
    assert.equal(review.status.allowed, isAllowed, `${verb} ${resource}`)
  })

test('the ServiceAccount of the resolver', { skip }, async (t) => {
  await using server = await startRealApiServer()
  await using folder = await temporaryFolder()
  const role = await install(server)
  await fill(server)
  const token = await server.serviceAccountToken(NAMESPACE, NAME)
  const kubeconfig = await server.writeKubeconfig(folder.path, { token })
  await untilAllowed(server, token, 'list', true)

  await t.test('a resolver with it knows the cluster, and follows it', async () => {
    await using resolver = await resolverIn(folder, kubeconfig)
    await resolver.logged(isKnown)
    assert.equal(await readyStatus(resolver), 200)
    assert.deepEqual(await answers(resolver), ANSWER)
    await server.request('DELETE', '/api/v1/namespaces/shop/services/web')
    await eventually(async () => assert.notDeepEqual(await answers(resolver), ANSWER))
    await server.request('POST', '/api/v1/namespaces/shop/services', service('web.shop', '10.96.0.10'))
    await eventually(async () => assert.deepEqual(await answers(resolver), ANSWER))
    assert.deepEqual(
      resolver.log.filter(({ level }) => level === 'warn' || level === 'error'),
      [],
    )
  })

  for (const [index, { resources, verbs }] of (role.rules ?? []).entries()) {
    const [resource = ''] = resources
    await t.test(`without the rule for ${resource} it says what it may not do, until it may`, async () => {
      assert.deepEqual([resources.length, [...verbs].sort()], [1, ['list', 'watch']])
      const path = LISTS[resource]
      assert.ok(path)
      await server.request('PUT', ROLE, { ...role, rules: role.rules?.toSpliced(index, 1) })
      await untilOneIs({ server, token, resource, verb: 'watch', isAllowed: false })
      await using resolver = await resolverIn(folder, kubeconfig)
      await resolver.logged(isRefused(path))
      // Without its node it knows all but where redirects lead.
      if (resource === 'nodes') await resolver.logged(isNodeMissed)
      else {
        assert.equal(await readyStatus(resolver), 503)
        assert.deepEqual(await answers(resolver), ['SERVFAIL'])
        assert.equal(resolver.log.some(isKnown), false)
      }
      await server.request('PUT', ROLE, role)
      await resolver.logged(isKnown)
      assert.deepEqual(await answers(resolver), ANSWER)
    })
  }

  await t.test('a list alone is not enough', async () => {
    await server.request('PUT', ROLE, withVerbs(role, ['list']))
    await untilAllowed(server, token, 'watch', false)
    await using resolver = await resolverIn(folder, kubeconfig)
    for (const path of Object.values(LISTS)) await resolver.logged(isRefused(path))
    assert.equal(await readyStatus(resolver), 503)
    await server.request('PUT', ROLE, role)
    await untilAllowed(server, token, 'watch', true)
  })

  await t.test('nothing else is granted to it', async () => {
    const shop = '/api/v1/namespaces/shop'
    const core = ['secrets', 'configmaps', 'pods', 'endpoints', 'namespaces', 'serviceaccounts', 'events']
    const rows: (readonly [string, string, object?])[] = [
      ...core.map((resource) => ['GET', `/api/v1/${resource}`] as const),
      ['GET', `${shop}/services/web`],
      ['GET', '/api/v1/nodes/n1'],
      ['GET', `${RBAC}/clusterroles`],
      ['POST', `${shop}/services`, service('other.shop', '10.96.0.11')],
      ['PUT', `${shop}/services/web`, service('web.shop', '10.96.0.10')],
      ['DELETE', `${shop}/services/web`],
      ['DELETE', `${shop}/services`],
      ['POST', '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices', slice('web.shop', [], { suffix: 'b' })],
      ['DELETE', '/api/v1/nodes/n1'],
      ['POST', `${PATHS['ServiceAccount']}/${NAME}/token`, { spec: {} }],
    ]
    for (const [method, path, body] of rows) {
      await assert.rejects(server.request(method, path, body, { as: { token } }), { status: 403 }, `${method} ${path}`)
    }
  })
})

// From Kubernetes 1.34 on lists come as watches; before, and after it was switched off, they do not.
test('where the API server has no streaming lists, it has to be allowed to list', { skip }, async () => {
  await using server = await startRealApiServer({ flags: ['--feature-gates=WatchList=false'] })
  await using folder = await temporaryFolder()
  const role = await install(server)
  await fill(server)
  const token = await server.serviceAccountToken(NAMESPACE, NAME)
  const kubeconfig = await server.writeKubeconfig(folder.path, { token })
  await server.request('PUT', ROLE, withVerbs(role, ['watch']))
  await untilAllowed(server, token, 'list', false)
  await untilAllowed(server, token, 'watch', true)
  await using resolver = await resolverIn(folder, kubeconfig)
  for (const path of Object.values(LISTS)) await resolver.logged(isRefused(path))
  assert.equal(await readyStatus(resolver), 503)
  await server.request('PUT', ROLE, role)
  await resolver.logged(isKnown)
  assert.deepEqual(await answers(resolver), ANSWER)
})
