import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { eventually } from './eventually.ts'
import type { KubernetesObject } from './objects.ts'
import { type RealApiServer, startRealApiServer } from './real-api-server.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'

const RBAC = join(import.meta.dirname, '../../manifests/rbac.yaml')
const RESOLVER = { namespace: 'kube-system', name: 'feddns-resolver' }
const TOKEN_SECONDS = 7200

const RESOURCES: Readonly<Record<string, string>> = {
  Service: 'services',
  EndpointSlice: 'endpointslices',
  Node: 'nodes',
  Namespace: 'namespaces',
  ServiceAccount: 'serviceaccounts',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
}

/** A real API server where a resolver may read what `manifests/rbac.yaml` lets it read, as its ServiceAccount. */
export class RealCluster implements AsyncDisposable {
  readonly api: RealApiServer
  /** For files; gone at the end. */
  readonly folder: TemporaryFolder
  /** Of the ServiceAccount of the resolver. */
  readonly token: string
  /** Path of a kubeconfig with that token. */
  readonly kubeconfig: string

  private constructor(api: RealApiServer, folder: TemporaryFolder, token: string, kubeconfig: string) {
    this.api = api
    this.folder = folder
    this.token = token
    this.kubeconfig = kubeconfig
  }

  /** Starts one with these namespaces, in which nothing is yet. */
  static async start(namespaces: readonly string[], flags: readonly string[] = []): Promise<RealCluster> {
    const folder = await temporaryFolder()
    const api = await startRealApiServer({ flags })
    try {
      const token = await api.serviceAccountToken(RESOLVER.namespace, RESOLVER.name, TOKEN_SECONDS)
      const cluster = new RealCluster(api, folder, token, await api.writeKubeconfig(folder.path, { token }))
      const granted = parseAllDocuments(await readFile(RBAC, 'utf8')).map((one) => one.toJS() as KubernetesObject)
      for (const object of granted) if (object.kind !== 'ServiceAccount') await cluster.create(object)
      for (const name of namespaces) {
        await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
      }
      // The server learns of roles by a watch of its own.
      await eventually(() => api.request('GET', '/api/v1/nodes', undefined, { as: { token } }))
      return cluster
    } catch (error) {
      await api[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
      throw error
    }
  }

  create(object: KubernetesObject): Promise<KubernetesObject> {
    return this.#ask('POST', collectionPath(object), object)
  }

  /** Changes some fields of an object that is there (a JSON merge patch, RFC 7386). */
  patch(object: KubernetesObject, change: object): Promise<KubernetesObject> {
    return this.#ask('PATCH', objectPath(object), change, 'application/merge-patch+json')
  }

  remove(object: KubernetesObject): Promise<KubernetesObject> {
    return this.#ask('DELETE', objectPath(object))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]()
    await this.folder[Symbol.asyncDispose]()
  }

  async #ask(method: string, path: string, body?: object, contentType = 'application/json'): Promise<KubernetesObject> {
    return (await this.api.request(method, path, body, { contentType })) as KubernetesObject
  }
}

const objectPath = (object: KubernetesObject): string => `${collectionPath(object)}/${String(object.metadata['name'])}`

function collectionPath({ apiVersion, kind, metadata: { namespace } }: KubernetesObject): string {
  const resource = RESOURCES[kind]
  if (resource === undefined) throw new Error(`the path of a ${kind} is not known here`)
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return typeof namespace === 'string' ? `${group}/namespaces/${namespace}/${resource}` : `${group}/${resource}`
}
