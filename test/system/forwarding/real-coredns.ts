import { eventually } from '../../helpers/eventually.ts'
import type { TemporaryFolder } from '../../helpers/temporary-folder.ts'
import { freeLowPort } from '../../peers/free-low-port.ts'
import { ServerProcess } from '../../peers/server-process.ts'

const START_TRIES = 5
const START_MS = 15_000

/** A CoreDNS that forwards everything and tells its metrics. */
export class RealCoredns implements AsyncDisposable {
  readonly port: number
  readonly #metricsPort: number
  readonly #process: ServerProcess

  private constructor(port: number, metricsPort: number, process: ServerProcess) {
    this.port = port
    this.#metricsPort = metricsPort
    this.#process = process
  }

  /** `upstream` is `host:port`. Starts it on other ports if somebody else was quicker. */
  static async start(folder: TemporaryFolder, upstream: string): Promise<RealCoredns> {
    for (let tries = 1; ; tries++) {
      const [port, metricsPort] = [await freeLowPort(), await freeLowPort()]
      const block = ['bind 127.0.0.1', `prometheus 127.0.0.1:${metricsPort}`, `forward . ${upstream}`, 'cache 30']
      const corefile = await folder.write('Corefile', `.:${port} {\n  ${block.join('\n  ')}\n}\n`)
      const process = new ServerProcess('coredns', ['-conf', corefile], folder.file('coredns.log'))
      const coredns = new RealCoredns(port, metricsPort, process)
      try {
        await eventually(() => (process.hasEnded ? undefined : coredns.metrics()), START_MS)
        if (!process.hasEnded) return coredns
      } catch {
        // Told below, once there are no more tries.
      }
      await process.kill()
      if (tries === START_TRIES) throw new Error(`coredns does not start: ${process.lastLines()}`)
    }
  }

  /** Those of its own, as text; those of Go and of the process are left out. */
  async metrics(): Promise<string> {
    const text = await (await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`)).text()
    return text.replace(/^(?:# (?:HELP|TYPE) )?(?!coredns_|# )\S.*\n/gm, '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.kill()
  }
}
