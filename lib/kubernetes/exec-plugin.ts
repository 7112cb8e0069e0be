import { execFile } from 'node:child_process'
import { dirname, isAbsolute, resolve } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/error-text.ts'
import { fieldsOf, listOf, printable, quote, textOf } from '../base/fields.ts'

/** What a plugin gives: a token, or a client certificate. */
export interface PluginCredential {
  readonly token?: string
  readonly cert?: string
  readonly key?: string
  /** Milliseconds since 1970; undefined for one that is good until it is refused. */
  readonly expiresAtMs?: number
}

interface Options {
  readonly clock: Clock
  /** As in the `exec` of a user. */
  readonly exec: unknown
  readonly kubeconfig: string
  readonly env: Readonly<Record<string, string | undefined>>
}

// A plugin may hang, for instance because it asks a person for a password.
const TIMEOUT_MS = 30_000
const MAX_SHOWN = 400
const MAX_OUTPUT_OCTETS = 1024 * 1024

/**
 * Runs a credential plugin (kubernetes.io/docs/reference/access-authn-authz/authentication, "client-go credential
 * plugins"). Not by the client library: its plugins are never ended, nor told what is asked of them, and it takes
 * nothing for a credential.
 */
export async function runPlugin({ clock, exec, kubeconfig, env }: Options): Promise<PluginCredential> {
  const { command, args, env: more, apiVersion } = fieldsOf(exec)
  const name = textOf(command)
  if (name === undefined || name === '') throw new Error('the credential plugin has no command')
  const program = name.includes('/') && !isAbsolute(name) ? resolve(dirname(kubeconfig), name) : name
  const info = { apiVersion, kind: 'ExecCredential', spec: { interactive: false } }
  const variables = listOf(more, () => {}).map((one) => [fieldsOf(one)['name'], fieldsOf(one)['value']])
  const all = { ...env, ...Object.fromEntries(variables), KUBERNETES_EXEC_INFO: JSON.stringify(info) }
  const late = new AbortController()
  const cancel = clock.after(TIMEOUT_MS, () => late.abort())
  try {
    return credentialOf(await run(program, listOf(args, () => {}).map(String), { env: all, signal: late.signal }))
  } catch (error) {
    const reason = late.signal.aborted ? `no credentials within ${TIMEOUT_MS / 1000} s` : messageOf(error)
    throw new Error(`the credential plugin ${quote(program)}: ${reason}`, { cause: error })
  } finally {
    cancel()
  }
}

function run(
  program: string,
  args: readonly string[],
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<string> {
  const options = { env, signal, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_OCTETS } as const
  return new Promise((done, fail) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) done(stdout)
      else fail(new Error(printable(stderr.trim() || error.message, MAX_SHOWN)))
    })
    child.stdin?.end()
  })
}

function credentialOf(output: string): PluginCredential {
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = fieldsOf(statusOf(output))
  const [cert, key] = [textOf(clientCertificateData), textOf(clientKeyData)]
  const expiresAtMs = Date.parse(textOf(expirationTimestamp) ?? '')
  const credential = {
    ...(typeof token === 'string' && token !== '' && { token }),
    ...(cert !== undefined && key !== undefined && { cert, key }),
  }
  if (Object.keys(credential).length === 0) throw new Error('it gave neither a token nor a certificate with its key')
  return Number.isNaN(expiresAtMs) ? credential : { ...credential, expiresAtMs }
}

function statusOf(output: string): unknown {
  try {
    return fieldsOf(JSON.parse(output))['status']
  } catch (error) {
    throw new Error(`it gave no JSON: ${messageOf(error)}`, { cause: error })
  }
}
