import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { codeOf } from '../base/error-text.ts'
import type { Credentials } from './access.ts'

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Those that every pod gets (kubernetes.io/docs/tasks/run-application/access-api-from-pod). Both files are read for each
 * request, of which there are few: a token that was rotated counts at once. Read here and not by the client library,
 * which holds a token for a minute after it was replaced, and takes 15 MB of memory on each node.
 */
export function inClusterCredentials(env: Environment, folder = SERVICE_ACCOUNT): Credentials {
  const read = async (name: string): Promise<string> => {
    try {
      return await readFile(join(folder, name), 'utf8')
    } catch (error) {
      throw new Error(`${join(folder, name)} cannot be read (${codeOf(error)}); ${HINT}`, { cause: error })
    }
  }
  const cluster = async () => {
    const host = env['KUBERNETES_SERVICE_HOST']
    const port = env['KUBERNETES_SERVICE_PORT']
    if (!host || !port) throw new Error(`KUBERNETES_SERVICE_HOST or KUBERNETES_SERVICE_PORT is not set; ${HINT}`)
    return { server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`, ca: await read('ca.crt') }
  }
  const access = async () => {
    const [{ server, ca }, token] = await Promise.all([cluster(), read('token')])
    return { server, headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } }
  }
  return { access, cluster, forget: () => {} }
}

const HINT = 'outside of a pod, name a file in source.kubernetes.kubeconfig'
