import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/base/clock.ts'
import { inClusterCredentials } from '../../lib/kubernetes/in-cluster.ts'
import { Reflector } from '../../lib/kubernetes/reflector.ts'
import { Session } from '../../lib/kubernetes/session.ts'
import { WatchState } from '../../lib/kubernetes/watch-state.ts'
import { eventually } from '../helpers/eventually.ts'
import { service } from '../helpers/objects.ts'
import { ApiError, peersMissing, type RealApiServer, startRealApiServer } from '../helpers/real-api-server.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const ACCOUNTS = '/api/v1/namespaces/kube-system/serviceaccounts'
const SERVICES = '/api/v1/namespaces/shop/services'
const NAME = 'watcher'

const skip = peersMissing() ?? false

async function allowed(server: RealApiServer): Promise<void> {
  await server.request('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
  await server.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: NAME },
    rules: [{ apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] }],
  })
  await server.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: NAME },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME },
    subjects: [{ kind: 'ServiceAccount', namespace: 'kube-system', name: NAME }],
  })
}

const nameOf = (object: unknown): string => (object as { metadata: { name: string } }).metadata.name

/** Keeps the names of the Services that it is told of. */
class Watched implements AsyncDisposable {
  readonly names = new Set<string>()
  readonly failures: string[] = []
  readonly #session: Session
  readonly #reflector: Reflector
  readonly #done: Promise<void>

  constructor(session: Session) {
    this.#session = session
    const { names, failures } = this
    this.#reflector = new Reflector({
      path: '/api/v1/services',
      selectors: {},
      get: (path, query, signal) => session.get(path, query, signal),
      sink: {
        get isEmpty() {
          return names.size === 0
        },
        list: () => {
          const listed = new Set<string>()
          return {
            get size() {
              return listed.size
            },
            add: (object) => void listed.add(nameOf(object)),
            remove: (object) => void listed.delete(nameOf(object)),
            commit: () => {
              for (const name of listed) names.add(name)
            },
          }
        },
        changed: (object) => void names.add(nameOf(object)),
        deleted: (object) => void names.delete(nameOf(object)),
      },
      clock: systemClock,
      random: () => 0,
      observer: new WatchState({
        clock: systemClock,
        isOptional: false,
        onChange: () => {},
        onListed: () => {},
        onReturn: () => {},
        onFailure: (_, { message }) => failures.push(message),
        onSkipped: () => {},
      }),
    })
    this.#done = this.#reflector.run()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reflector.stop()
    await this.#session.close()
    await this.#done
  }
}

test('a token that was revoked is missed only until the file has another one', { skip }, async () => {
  await using server = await startRealApiServer()
  await allowed(server)
  const old = await server.serviceAccountToken('kube-system', NAME)
  await eventually(() => server.request('GET', SERVICES, undefined, { as: { token: old } }))
  await using folder = await temporaryFolder()
  await folder.write('ca.crt', server.caPem)
  await folder.write('token', old)
  const { hostname, port } = new URL(server.url)
  const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }
  const session = new Session({ credentials: inClusterCredentials(env, folder.path), userAgent: 'feddns/test' })
  await using watched = new Watched(session)
  await server.request('POST', SERVICES, service('first.shop', '10.96.0.11'))
  await eventually(() => assert.ok(watched.names.has('first')))

  // The account of the same name is another one. A server that has just started remembers no token that was good.
  await server.request('DELETE', `${ACCOUNTS}/${NAME}`)
  const token = await server.serviceAccountToken('kube-system', NAME)
  await server.restart()
  await eventually(() =>
    assert.rejects(
      server.request('GET', SERVICES, undefined, { as: { token: old } }),
      (error) => error instanceof ApiError && error.status === 401,
    ),
  )
  await server.request('POST', SERVICES, service('second.shop', '10.96.0.12'))
  await eventually(() => assert.ok(watched.failures.some((message) => message.includes('401 Unauthorized'))))
  assert.deepEqual([watched.names.has('first'), watched.names.has('second')], [true, false])
  await folder.replace('token', `${token}\n`)
  await eventually(() => assert.ok(watched.names.has('second')))
})
