import { readFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { dirname, resolve } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { parse } from 'yaml'
import { fieldsOf, listOf, textOf } from '../base/fields.ts'

type Cluster = NonNullable<ReturnType<KubeConfig['getCurrentCluster']>>
type User = ReturnType<KubeConfig['getCurrentUser']>

/** One context of a kubeconfig file, as of when it was read. */
export interface KubeconfigContext {
  readonly cluster: Cluster
  /** The `exec` of the user, which nobody has run yet; undefined if it has none. */
  readonly exec: unknown
  /** Where the token of the user is, if it is in a file. */
  readonly tokenFile: string | undefined
  /** The certificate authority of the cluster, read anew where it is a file. */
  readonly authority: () => Buffer | undefined
  /** What else the user has: headers, a client certificate. */
  readonly credentials: () => Promise<RequestOptions>
}

/** The current context if `wanted` is left out. Rejects if it is not whole. */
export async function readContext(path: string, wanted: string | undefined): Promise<KubeconfigContext> {
  // Only the part that reads the file, and only where there is one: the whole library takes three times the memory.
  const { KubeConfig, bufferFromFileOrString } = await import('@kubernetes/client-node/dist/config.js')
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromFile(path)
  const { cluster, user } = choose(kubeConfig, wanted)
  // The library would run the plugin; and it refuses plain HTTP unless certificates are not checked. What it makes of the
  // cluster is not used.
  kubeConfig.users = kubeConfig.users.map((user) => ({ ...user, exec: null }))
  kubeConfig.clusters = kubeConfig.clusters.map((one) => ({ ...one, skipTLSVerify: true }))
  return {
    cluster,
    exec: user?.exec ?? undefined,
    tokenFile: user?.token ? undefined : await tokenFileOf(path, user?.name),
    authority: () => bufferFromFileOrString(cluster.caFile, cluster.caData) ?? undefined,
    credentials: async () => {
      const request: RequestOptions = {}
      await kubeConfig.applyToHTTPSOptions(request)
      return request
    },
  }
}

function choose(kubeConfig: KubeConfig, wanted: string | undefined): { cluster: Cluster; user: User } {
  const name = wanted ?? kubeConfig.getCurrentContext()
  const contexts = kubeConfig.getContexts()
  const context = contexts.find((one) => one.name === name)
  if (context === undefined) {
    throw new Error(`no context "${name ?? ''}"; it has: ${contexts.map((one) => one.name).join(', ') || 'none'}`)
  }
  kubeConfig.setCurrentContext(name)
  const cluster = kubeConfig.getCurrentCluster()
  if (cluster === null) throw new Error(`context "${name}" names a cluster that is not there: "${context.cluster}"`)
  const user = kubeConfig.getCurrentUser()
  if (user === null && context.user)
    throw new Error(`context "${name}" names a user who is not there: "${context.user}"`)
  return { cluster, user }
}

// A key of a user that the library does not know (kubernetes.io/docs/reference/config-api/kubeconfig.v1).
async function tokenFileOf(path: string, name: string | undefined): Promise<string | undefined> {
  const { users } = fieldsOf(parse(await readFile(path, 'utf8')))
  const user = listOf(users, () => {}).find((one) => fieldsOf(one)['name'] === name)
  const tokenFile = textOf(fieldsOf(fieldsOf(user)['user'])['tokenFile'])
  return tokenFile === undefined ? undefined : resolve(dirname(path), tokenFile)
}
