import { rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TemporaryFolder } from '../helpers/temporary-folder.ts'
import { ApiClient } from './api-client.ts'
import { freeLowPort } from './free-low-port.ts'
import { ServerProcess } from './server-process.ts'

const START_MS = 60_000
const ANSWER_MS = 5_000
const AGAIN_MS = 50
const PORT_TRIES = 5
const PORT_TAKEN = /address already in use/
const READY = '/readyz'
// It stores these when it starts the first time; it would look again for more than a second whether they are there.
const READY_AGAIN =
  '/readyz?exclude=poststarthook/rbac/bootstrap-roles&exclude=poststarthook/scheduling/bootstrap-system-priority-classes'
// How etcd and kube-apiserver name what they listen on and keep, in their folder.
const ETCD_SOCKET = 'etcd.sock'
const PEER_SOCKET = 'etcd-peer.sock'
const CERTIFICATES = 'certificates'

/** An etcd and a kube-apiserver that keep all they have in one folder, which goes with them. */
export class ControlPlane implements AsyncDisposable {
  readonly #folder: TemporaryFolder
  #flags: readonly string[] = []
  #etcd: ServerProcess | undefined
  #apiServer: ServerProcess | undefined
  #running: { readonly port: number; readonly caPem: string } | undefined

  constructor(folder: TemporaryFolder) {
    this.#folder = folder
    process.once('exit', this.#killNow)
  }

  /** Where kube-apiserver listens, and the certificate authority that has signed what it shows. */
  get running(): { readonly port: number; readonly caPem: string } {
    if (this.#running === undefined) throw new Error('the control plane has not been started')
    return this.#running
  }

  get apiServer(): ServerProcess {
    if (this.#apiServer === undefined) throw new Error('kube-apiserver has not been started')
    return this.#apiServer
  }

  /**
   * Starts both, and waits until kube-apiserver is ready; on another port if the first is taken. The flags are those of
   * kube-apiserver that do not say where it listens and stores.
   */
  async start(flags: readonly string[]): Promise<void> {
    this.#flags = flags
    this.#startEtcd()
    for (let tries = 1; this.#running === undefined; tries++) {
      const port = await freeLowPort()
      const caPem = await this.#startApiServer(port, READY)
      if (caPem !== undefined) this.#running = { port, caPem }
      else if (tries === PORT_TRIES) throw new Error(`no free port in ${PORT_TRIES} tries`)
    }
  }

  /** Kills kube-apiserver if it runs, and starts another on the same port, over the same etcd. */
  async restart(): Promise<void> {
    const { port } = this.running
    await this.apiServer.kill()
    for (let tries = 1; (await this.#startApiServer(port, READY_AGAIN)) === undefined; tries++)
      if (tries === PORT_TRIES) throw new Error(`port ${port} is taken by another`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#apiServer?.kill(), this.#etcd?.kill()])
    process.off('exit', this.#killNow)
    await this.#folder[Symbol.asyncDispose]()
  }

  readonly #killNow = (): void => {
    this.#apiServer?.signal('SIGKILL')
    this.#etcd?.signal('SIGKILL')
    rmSync(this.#folder.path, { recursive: true, force: true, maxRetries: 5 })
  }

  // On sockets in its folder, so that no other can have taken its ports. What it stores need not outlive the machine.
  #startEtcd(): void {
    const client = `unix://${this.#folder.file(ETCD_SOCKET)}`
    const peer = `unix://${this.#folder.file(PEER_SOCKET)}`
    const flags = {
      'data-dir': this.#folder.file('etcd'),
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `default=${peer}`,
      // It is the only member, so none else can be heard late: it need not wait long before it leads.
      'heartbeat-interval': '20',
      'election-timeout': '100',
      'log-level': 'warn',
    }
    this.#etcd = new ServerProcess('etcd', [...written(flags), '--unsafe-no-fsync'], this.#folder.file('etcd.log'))
  }

  // The certificate authority when it is ready, undefined when the port is taken.
  async #startApiServer(port: number, readyPath: string): Promise<string | undefined> {
    const flags = {
      'etcd-servers': `unix://${this.#folder.file(ETCD_SOCKET)}`,
      'cert-dir': this.#folder.file(CERTIFICATES),
      'bind-address': '127.0.0.1',
      'secure-port': String(port),
    }
    const log = this.#folder.file(`kube-apiserver-${port}.log`)
    this.#apiServer = new ServerProcess('kube-apiserver', [...written(flags), ...this.#flags], log)
    try {
      return await this.#ready(port, readyPath)
    } catch (error) {
      const wasTaken = this.#apiServer.hasEnded && PORT_TAKEN.test(this.#apiServer.lastLines())
      await this.#apiServer.kill()
      if (wasTaken) return undefined
      throw error
    }
  }

  async #ready(port: number, readyPath: string): Promise<string> {
    const processes = [this.#etcd, this.#apiServer].filter((process) => process !== undefined)
    const until = Date.now() + START_MS
    for (;;) {
      try {
        const caPem = await this.#authority()
        await isReady(port, readyPath, caPem)
        return caPem
      } catch (cause) {
        const ended = processes.filter(({ hasEnded }) => hasEnded)
        if (ended.length > 0) throw failure('ended', ended, cause)
        if (Date.now() >= until) throw failure(`not ready within ${START_MS} ms`, processes, cause)
        await sleep(AGAIN_MS)
      }
    }
  }

  // kube-apiserver signs its certificate with an authority of that moment, and writes both into one file, that one last.
  async #authority(): Promise<string> {
    const chain = await readFile(this.#folder.file(`${CERTIFICATES}/apiserver.crt`), 'utf8')
    return `-----BEGIN${chain.split('-----BEGIN').at(-1)}`
  }
}

const written = (flags: Readonly<Record<string, string>>): string[] =>
  Object.entries(flags).map(([name, value]) => `--${name}=${value}`)

const failure = (what: string, processes: readonly ServerProcess[], cause: unknown): Error =>
  new Error([what, ...processes.flatMap((process) => [process.name, process.lastLines()])].join('\n'), { cause })

// Anyone may ask this.
async function isReady(port: number, path: string, caPem: string): Promise<void> {
  const client = new ApiClient(`https://127.0.0.1:${port}`, caPem, ANSWER_MS)
  try {
    await client.call({ method: 'GET', path, as: 'anyone' })
  } finally {
    client.closeConnections()
  }
}
