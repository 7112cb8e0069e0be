import { execFile } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ApiClient, ApiError, type Credentials } from '../peers/api-client.ts'
import { ControlPlane } from '../peers/control-plane.ts'
import { missing } from '../peers/missing.ts'
import { binaryOf } from '../peers/peers.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'

const run = promisify(execFile)

const HOUR_SECONDS = 3600
const CA_CERTIFICATE = 'clients.crt'
const CA_KEY = 'clients.key'

export { ApiError, type Credentials } from '../peers/api-client.ts'

interface RequestOptions {
  /** Of the body: application/json unless given. */
  readonly contentType?: string
  /** The admin unless given. */
  readonly as?: Credentials
}

/** A kube-apiserver with RBAC, over an etcd of its own; nothing else of Kubernetes runs. */
export interface RealApiServer extends AsyncDisposable {
  /** `https://127.0.0.1:PORT`, the same after a restart. */
  readonly url: string
  /** The certificate authority that has signed the certificate of the server. */
  readonly caPem: string
  readonly adminToken: string
  /** Asks for JSON, as admin. Rejects with an ApiError on a status of 400 or more. */
  request(method: string, path: string, body?: unknown, options?: RequestOptions): Promise<unknown>
  /** A token of a ServiceAccount, which is created if it is missing, as is its namespace. Lasts ten minutes or more. */
  serviceAccountToken(namespace: string, name: string, expirationSeconds?: number): Promise<string>
  /** A certificate of a user, as PEM, that the server trusts. */
  clientCertificate(user: string, groups: readonly string[]): Promise<{ readonly cert: string; readonly key: string }>
  /** Writes the file `kubeconfig` into a folder; the user is as in such a file: `{ token }`. The path of it. */
  writeKubeconfig(folder: string, user: object): Promise<string>
  /** Kills the server at once; what it stored stays. */
  kill(): Promise<void>
  /** Stops the server where it is: connections stay open, and nothing answers. */
  freeze(): void
  thaw(): void
  /**
   * Starts the server again, after killing it if need be: the same address, keys and objects. It answers all requests,
   * though it may call itself unready for another second, while it checks the roles that it has stored.
   */
  restart(): Promise<void>
}

/** Why tests with a real API server cannot run here, if so: a reason to skip them. Throws it where they must not be skipped. */
export const peersMissing = (): string | undefined => missing('leash', 'pki', 'etcd', 'kube-apiserver')

/** Starts one and waits until it is ready. Flags are added to those of kube-apiserver, and win over them. */
export async function startRealApiServer(options: { flags?: readonly string[] } = {}): Promise<RealApiServer> {
  const reason = peersMissing()
  if (reason !== undefined) throw new Error(reason)
  const folder = await temporaryFolder()
  const controlPlane = new ControlPlane(folder)
  const adminToken = randomBytes(16).toString('hex')
  try {
    await controlPlane.start([...(await accessFlags(folder, adminToken)), ...(options.flags ?? [])])
    return new StartedApiServer(folder, controlPlane, adminToken)
  } catch (error) {
    await controlPlane[Symbol.asyncDispose]()
    throw error
  }
}

// Writes what the flags name: who may come in, and what they may do.
async function accessFlags(folder: TemporaryFolder, adminToken: string): Promise<string[]> {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const signingKey = await folder.write('service-accounts.key', privateKey)
  const tokens = await folder.write('tokens.csv', `${adminToken},admin,admin,system:masters\n`)
  const authentication = await folder.write('authentication.json', {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    anonymous: { enabled: true, conditions: ['/livez', '/readyz', '/healthz'].map((path) => ({ path })) },
  })
  await run(binaryOf('pki'), ['ca', folder.file(CA_CERTIFICATE), folder.file(CA_KEY)])
  return [
    '--authorization-mode=RBAC',
    `--authentication-config=${authentication}`,
    `--token-auth-file=${tokens}`,
    `--client-ca-file=${folder.file(CA_CERTIFICATE)}`,
    `--service-account-key-file=${signingKey}`,
    `--service-account-signing-key-file=${signingKey}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--service-cluster-ip-range=10.96.0.0/16',
    // Its own endpoint must not be of this machine; nothing is there, and nothing asks.
    '--advertise-address=192.0.2.1',
  ]
}

class StartedApiServer implements RealApiServer {
  readonly url: string
  readonly caPem: string
  readonly adminToken: string
  readonly #folder: TemporaryFolder
  readonly #controlPlane: ControlPlane
  readonly #client: ApiClient

  constructor(folder: TemporaryFolder, controlPlane: ControlPlane, adminToken: string) {
    const { port, caPem } = controlPlane.running
    this.url = `https://127.0.0.1:${port}`
    this.caPem = caPem
    this.adminToken = adminToken
    this.#folder = folder
    this.#controlPlane = controlPlane
    this.#client = new ApiClient(this.url, caPem)
  }

  request(method: string, path: string, body?: unknown, options: RequestOptions = {}): Promise<unknown> {
    const { contentType, as = { token: this.adminToken } } = options
    return this.#client.call({ method, path, body, contentType, as })
  }

  async serviceAccountToken(namespace: string, name: string, expirationSeconds = HOUR_SECONDS): Promise<string> {
    await this.#ensure('/api/v1/namespaces', { metadata: { name: namespace } })
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`
    await this.#ensure(accounts, { metadata: { name } })
    const { status } = (await this.request('POST', `${accounts}/${name}/token`, { spec: { expirationSeconds } })) as {
      status: { token: string }
    }
    return status.token
  }

  async clientCertificate(user: string, groups: readonly string[]): Promise<{ cert: string; key: string }> {
    const files = [this.#folder.file(CA_CERTIFICATE), this.#folder.file(CA_KEY)]
    const { stdout } = await run(binaryOf('pki'), ['client', ...files, user, ...groups])
    const keyAt = stdout.indexOf('-----BEGIN PRIVATE KEY')
    return { cert: stdout.slice(0, keyAt), key: stdout.slice(keyAt) }
  }

  async writeKubeconfig(folder: string, user: object): Promise<string> {
    const path = join(folder, 'kubeconfig')
    const authority = Buffer.from(this.caPem).toString('base64')
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'real', cluster: { server: this.url, 'certificate-authority-data': authority } }],
      users: [{ name: 'tester', user }],
      contexts: [{ name: 'test', context: { cluster: 'real', user: 'tester' } }],
      'current-context': 'test',
    }
    await writeFile(path, JSON.stringify(config, null, 2))
    return path
  }

  async kill(): Promise<void> {
    await this.#controlPlane.apiServer.kill()
    this.#client.closeConnections()
  }

  freeze(): void {
    this.#controlPlane.apiServer.signal('SIGSTOP')
  }

  thaw(): void {
    this.#controlPlane.apiServer.signal('SIGCONT')
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.#controlPlane.restart()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.closeConnections()
    await this.#controlPlane[Symbol.asyncDispose]()
  }

  async #ensure(path: string, object: object): Promise<void> {
    await this.request('POST', path, object).catch((error) => {
      if (!(error instanceof ApiError && error.status === 409)) throw error
    })
  }
}
