import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { debianProgram } from './debian.ts'
import { binaryOf } from './peers.ts'

const OURS = '/proc/self/ns/net'
const AGAIN_MS = 5

/** Why there can be no network namespaces here, if so. */
export const namespacesLack = (): string | undefined =>
  process.platform === 'linux' && process.getuid?.() === 0 ? undefined : 'network namespaces need Linux and root'

/** A network of its own, in the hands of a process that ends with this one: nothing is left of it, whatever happens. */
export class NetworkNamespace implements AsyncDisposable {
  readonly #holder: ChildProcess

  private constructor(holder: ChildProcess) {
    this.#holder = holder
  }

  /** With its loopback interface up. */
  static async open(): Promise<NetworkNamespace> {
    const args = [debianProgram('unshare'), '--net', 'sleep', 'infinity']
    const holder = spawn(binaryOf('leash'), args, { stdio: ['ignore', 'ignore', 'inherit'] })
    await once(holder, 'spawn')
    const namespace = new NetworkNamespace(holder)
    while (readlinkSync(namespace.path) === readlinkSync(OURS)) await sleep(AGAIN_MS)
    namespace.run('ip', 'link', 'set', 'lo', 'up')
    return namespace
  }

  /** Joins two by a pair of interfaces, named alike in both; each has the addresses given, with their prefix lengths. */
  static join(name: string, ...ends: readonly [End, End]): void {
    const [one, other] = ends.map(({ of }) => String(of.pid))
    const peer = ['peer', 'name', name, 'netns', other ?? '']
    execFileSync(debianProgram('ip'), ['link', 'add', name, 'netns', one ?? '', 'type', 'veth', ...peer])
    for (const { of, addresses } of ends) {
      // Without `nodad` an IPv6 address cannot be used for a second.
      for (const address of addresses) of.run('ip', 'address', 'add', address, 'dev', name, ...noDad(address))
      of.run('ip', 'link', 'set', name, 'up')
    }
  }

  /** Can be opened to enter it. */
  get path(): string {
    return `/proc/${this.pid}/ns/net`
  }

  get pid(): number {
    if (this.#holder.pid === undefined) throw new Error('the namespace is gone')
    return this.#holder.pid
  }

  /** What to start so that a program runs in here, as the process that was started. */
  command(path: string, ...args: readonly string[]): [string, ...string[]] {
    return [debianProgram('nsenter'), `--net=${this.path}`, path, ...args]
  }

  /** Runs a program of Debian to its end: what it wrote. */
  run(program: Parameters<typeof debianProgram>[0], ...args: readonly string[]): string {
    const [command, ...rest] = this.command(debianProgram(program), ...args)
    return execFileSync(command, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return
    const exited = once(this.#holder, 'exit')
    this.#holder.kill('SIGKILL')
    await exited
  }
}

interface End {
  readonly of: NetworkNamespace
  readonly addresses: readonly string[]
}

const noDad = (address: string): readonly string[] => (address.includes(':') ? ['nodad'] : [])
