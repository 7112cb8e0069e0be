import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { binaryOf, type PeerName } from './peers.ts'

const LAST_LINES = 30

/** A program that runs until it is killed, and in any case no longer than this process. */
export class ServerProcess {
  readonly name: PeerName
  readonly #child: ChildProcess
  readonly #logFile: string
  readonly #ended: Promise<void>
  #hasEnded = false

  /** Starts it; what it writes is added to a file. */
  constructor(name: PeerName, args: readonly string[], logFile: string) {
    this.name = name
    this.#logFile = logFile
    const log = openSync(logFile, 'a')
    this.#child = spawn(binaryOf('leash'), [binaryOf(name), ...args], { stdio: ['ignore', log, log] })
    closeSync(log)
    this.#ended = new Promise((resolve) => {
      const end = () => {
        this.#hasEnded = true
        resolve()
      }
      this.#child.once('error', end).once('exit', end)
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Takes effect before this returns, as far as the system goes; nothing if it has ended. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Kills it, stopped or not, and waits for its end. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#ended
  }

  /** What it wrote last, for the message of an error. */
  lastLines(): string {
    return readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n')
  }
}
