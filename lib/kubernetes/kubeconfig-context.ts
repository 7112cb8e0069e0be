import { readFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { dirname, resolve } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { parse } from 'yaml'
import { fieldsOf, listOf, textOf } from '../base/fields.ts'

type Cluster = NonNullable<ReturnType<KubeConfig['getCurrentCluster']>>

/** One context of a kubeconfig file, as of when it was read. */
export interface KubeconfigContext {
  readonly cluster: Cluster
  /** The `exec` of the user, which nobody has run yet; undefined if it has none. */
  readonly exec: unknown
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
  const { cluster, exec } = choose(kubeConfig, wanted)
  await takeTokenFiles(kubeConfig, path)
  // The library would run the plugin; and it refuses plain HTTP unless certificates are not checked. What it makes of the
  // cluster is not used.
  kubeConfig.users = kubeConfig.users.map((user) => ({ ...user, exec: null }))
  kubeConfig.clusters = kubeConfig.clusters.map((one) => ({ ...one, skipTLSVerify: true }))
  return {
    cluster,
    exec,
    authority: () => bufferFromFileOrString(cluster.caFile, cluster.caData) ?? undefined,
    credentials: async () => {
      const request: RequestOptions = {}
      await kubeConfig.applyToHTTPSOptions(request)
      return request
    },
  }
}

function choose(kubeConfig: KubeConfig, wanted: string | undefined): { cluster: Cluster; exec: unknown } {
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
  return { cluster, exec: user?.exec ?? undefined }
}

// The library does not know this key of a user (kubernetes.io/docs/reference/config-api/kubeconfig.v1), but has what
// it takes for it.
async function takeTokenFiles(kubeConfig: KubeConfig, path: string): Promise<void> {
  const { users } = fieldsOf(parse(await readFile(path, 'utf8')))
  const tokenFiles = new Map(
    listOf(users, () => {}).map((one) => [fieldsOf(one)['name'], textOf(fieldsOf(fieldsOf(one)['user'])['tokenFile'])]),
  )
  kubeConfig.users = kubeConfig.users.map((user) => {
    const tokenFile = tokenFiles.get(user.name)
    if (tokenFile === undefined || user.token) return user
    return { ...user, authProvider: { name: 'tokenFile', config: { tokenFile: resolve(dirname(path), tokenFile) } } }
  })
}
