import { readFile, stat } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import type { Clock } from '../base/clock.ts'
import { codeOf, messageOf } from '../base/error-text.ts'
import { SingleFlight } from '../base/single-flight.ts'
import type { Access, ClusterAddress, Credentials } from './access.ts'
import { type PluginCredential, runPlugin } from './exec-plugin.ts'
import { type KubeconfigContext, readContext } from './kubeconfig-context.ts'

interface Options {
  readonly path: string
  /** Its current context if left out. */
  readonly context: string | undefined
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly wallClock: () => number
  /** For credential plugins. */
  readonly env: Readonly<Record<string, string | undefined>>
}

interface Loaded extends KubeconfigContext {
  /** Of the file. */
  readonly version: string
  /** What the plugin gave. */
  credential: PluginCredential | undefined
}

/**
 * Those of a context of a kubeconfig file: client certificates, tokens, credential plugins, providers. What a plugin
 * gave is used until it expires or is refused; files are read again when they change. Errors begin with the path.
 */
export function kubeconfigCredentials(options: Options): Credentials {
  const { path, context } = options
  const accesses = new SingleFlight<Access>()
  let loaded: Loaded | undefined
  let forgotten = 0
  const load = async (): Promise<Loaded> => {
    const version = await versionOf(path)
    if (loaded?.version !== version) loaded = { ...(await readContext(path, context)), version, credential: undefined }
    return loaded
  }
  const refuse = (error: unknown): never => {
    throw new Error(`kubeconfig ${path}: ${messageOf(error)}`, { cause: error })
  }
  return {
    access: () => accesses.run(String(forgotten), async () => accessOf(await load(), options)).catch(refuse),
    cluster: async () => addressOf(await load().catch(refuse)),
    forget: () => {
      loaded = undefined
      // Whoever asks from now on does not get what was under way.
      forgotten++
    },
  }
}

async function versionOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true })
    return `${ino} ${size} ${mtimeNs}`
  } catch (error) {
    throw new Error(`cannot be read (${codeOf(error)})`, { cause: error })
  }
}

const addressOf = ({ cluster, authority }: KubeconfigContext): ClusterAddress => ({
  server: cluster.server.replace(/\/$/, ''),
  ca: authority(),
})

async function accessOf(loaded: Loaded, options: Options): Promise<Access> {
  const plugin = await pluginCredential(loaded, options)
  const { tokenFile } = loaded
  const token = tokenFile === undefined ? plugin?.token : await readFile(tokenFile, 'utf8')
  const user = await loaded.credentials()
  const { cert = plugin?.cert, key = plugin?.key } = user
  const { server, ca } = addressOf(loaded)
  const { skipTLSVerify, tlsServerName: servername, proxyUrl } = loaded.cluster
  const tls = { ca, servername, cert, key, ...(skipTLSVerify && { rejectUnauthorized: false }) }
  const headers = headersOf(user, token)
  return { server, headers, tls: server.startsWith('http:') ? {} : definedOf(tls), ...(proxyUrl && { proxyUrl }) }
}

function headersOf({ headers: given = {}, auth }: RequestOptions, token: string | undefined) {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) headers[name.toLowerCase()] = String(value).trim()
  if (auth) headers['authorization'] ??= `Basic ${Buffer.from(auth).toString('base64')}`
  if (token !== undefined) headers['authorization'] = `Bearer ${token.trim()}`
  return headers
}

async function pluginCredential(loaded: Loaded, options: Options): Promise<PluginCredential | undefined> {
  const { exec, credential } = loaded
  if (exec === undefined) return undefined
  if ((credential?.expiresAtMs ?? Number.POSITIVE_INFINITY) <= options.wallClock()) loaded.credential = undefined
  loaded.credential ??= await runPlugin({ ...options, exec, kubeconfig: options.path })
  return loaded.credential
}

const definedOf = (tls: Readonly<Record<string, unknown>>): Access['tls'] =>
  Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined && value !== null))
