import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { eventually } from '../../helpers/eventually.ts'
import type { ServerAddress } from '../../../lib/forward/upstream.ts'
import { type DebianProgram, debianProgram } from '../../peers/debian.ts'
import { freeLowPort } from '../../peers/free-low-port.ts'

const START_TRIES = 5
const LISTEN = '0A' // as proc(5) writes the state of a socket

interface Start {
  readonly program: DebianProgram
  /** Ports that it is to listen on, for TCP; they are free a moment before. */
  readonly ports: number
  /** Its arguments with these ports; writes its files. */
  readonly args: (ports: readonly number[]) => Promise<readonly string[]>
}

/** A server as Debian has it, in a process of its own, which ends with the test. */
export class RealServer implements AsyncDisposable {
  readonly ports: readonly number[]
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #output = ''

  private constructor(child: ChildProcess, ports: readonly number[]) {
    this.ports = ports
    this.#child = child
    this.#ended = once(child, 'close')
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output = `${this.#output}${chunk.toString()}`.slice(-4000)
      })
    }
  }

  /** Starts it, on other ports if somebody else was quicker, and waits until it listens on all of them. */
  static async start({ program, ports: count, args }: Start): Promise<RealServer> {
    const path = debianProgram(program)
    for (let tries = 1; ; tries++) {
      const ports = await Promise.all(Array.from({ length: count }, () => freeLowPort()))
      const server = new RealServer(spawn(path, await args(ports), { stdio: ['ignore', 'pipe', 'pipe'] }), ports)
      try {
        await eventually(() => server.#listens())
        return server
      } catch (error) {
        await server[Symbol.asyncDispose]()
        if (tries === START_TRIES) throw new Error(`${program}: ${server.#output}`, { cause: error })
      }
    }
  }

  address(index = 0): ServerAddress {
    return { host: '127.0.0.1', port: this.ports[index] ?? 0 }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  // Without a connection: dnsdist 1.7 on a busy machine resets a good one now and then when others before ended without a
  // handshake (1 of 240 starts; 0 of 1,900 without). A process that has ended will never listen.
  async #listens(): Promise<void> {
    if (this.#child.exitCode !== null) throw new Error('it has ended')
    const sockets = await readFile('/proc/net/tcp', 'utf8')
    for (const port of this.ports) {
      const local = `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 ${LISTEN} `
      if (!sockets.includes(local)) throw new Error(`it does not listen on ${port}`)
    }
  }
}
