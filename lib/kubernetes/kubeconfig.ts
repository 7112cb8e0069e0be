import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { parse } from 'yaml'
import type { Clock } from '../base/clock.ts'
import { codeOf, messageOf } from '../base/error-text.ts'
import { fieldsOf, listOf, textOf } from '../base/fields.ts'
import type { Access, Credentials } from './access.ts'

interface Options {
  readonly clock: Clock
  readonly path: string
  /** Its current context if left out. */
  readonly context: string | undefined
}

const PLUGIN_TIMEOUT_MS = 30_000

/**
 * Those of a context of a kubeconfig file: client certificates, tokens, exec plugins, providers. What a plugin gave is
 * used until it expires or is refused; files are read again when they change.
 */
export function kubeconfigCredentials({ clock, path, context }: Options): Credentials {
  let loaded: { readonly kubeConfig: KubeConfig; readonly version: string } | undefined
  return {
    access: async () => {
      const version = await versionOf(path)
      if (loaded?.version !== version) loaded = { kubeConfig: await load(path, context), version }
      return accessOf(loaded.kubeConfig, path, clock)
    },
    forget: () => {
      loaded = undefined
    },
  }
}

async function versionOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true })
    return `${ino} ${size} ${mtimeNs}`
  } catch (error) {
    throw new Error(`kubeconfig ${path} cannot be read (${codeOf(error)})`, { cause: error })
  }
}

async function load(path: string, context: string | undefined): Promise<KubeConfig> {
  // Only the part that reads the file, and only where there is one: the whole library takes three times the memory.
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js')
  const kubeConfig = new KubeConfig()
  try {
    kubeConfig.loadFromFile(path)
  } catch (error) {
    throw new Error(`kubeconfig ${path}: ${messageOf(error)}`, { cause: error })
  }
  if (context !== undefined) kubeConfig.setCurrentContext(context)
  const name = kubeConfig.getCurrentContext()
  const names = kubeConfig.getContexts().map((one) => one.name)
  if (!names.includes(name)) {
    throw new Error(`kubeconfig ${path} has no context "${name ?? ''}"; it has: ${names.join(', ') || 'none'}`)
  }
  await takeTokenFile(kubeConfig, path)
  return kubeConfig
}

// The library does not know this key of a user (kubernetes.io/docs/reference/config-api/kubeconfig.v1), but has what
// it takes for it.
async function takeTokenFile(kubeConfig: KubeConfig, path: string): Promise<void> {
  const user = kubeConfig.getCurrentUser()
  if (user === null) return
  const tokenFile = await tokenFileOf(path, user.name)
  if (tokenFile === undefined || user.token) return
  const config = { tokenFile: resolve(dirname(path), tokenFile) }
  kubeConfig.users = kubeConfig.users.map((one) =>
    one.name === user.name ? { ...one, authProvider: { name: 'tokenFile', config } } : one,
  )
}

async function tokenFileOf(path: string, name: string): Promise<string | undefined> {
  const { users } = fieldsOf(parse(await readFile(path, 'utf8')))
  const user = listOf(users, () => {}).find((one) => fieldsOf(one)['name'] === name)
  return textOf(fieldsOf(fieldsOf(user)['user'])['tokenFile'])
}

async function accessOf(kubeConfig: KubeConfig, path: string, clock: Clock): Promise<Access> {
  const cluster = kubeConfig.getCurrentCluster()
  if (cluster === null) throw new Error(`kubeconfig ${path}: the context names a cluster that is not there`)
  const options: RequestOptions = {}
  // The library refuses plain HTTP unless certificates are not checked: there are none.
  const isPlain = cluster.server.startsWith('http:')
  if (isPlain) Object.assign(cluster, { skipTLSVerify: true })
  await withinTime(kubeConfig.applyToHTTPSOptions(options), path, clock)
  const { ca, cert, key, servername, rejectUnauthorized, auth } = options
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value).trim()
  if (auth) headers['authorization'] ??= `Basic ${Buffer.from(auth).toString('base64')}`
  return {
    server: cluster.server.replace(/\/$/, ''),
    headers,
    tls: isPlain ? {} : definedOf({ ca, cert, key, servername, rejectUnauthorized }),
    ...(cluster.proxyUrl && { proxyUrl: cluster.proxyUrl }),
  }
}

// A plugin may hang, for instance because it asks a person for a password.
async function withinTime(work: Promise<void>, path: string, clock: Clock): Promise<void> {
  const late = Promise.withResolvers<never>()
  const tooLate = new Error(`no credentials within ${PLUGIN_TIMEOUT_MS / 1000} s`)
  const cancel = clock.after(PLUGIN_TIMEOUT_MS, () => late.reject(tooLate))
  try {
    await Promise.race([work, late.promise])
  } catch (error) {
    throw new Error(`kubeconfig ${path}: ${messageOf(error) || 'the credential plugin failed'}`, { cause: error })
  } finally {
    cancel()
  }
}

const definedOf = (tls: Readonly<Record<string, unknown>>): Access['tls'] =>
  Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined))
