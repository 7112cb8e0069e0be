import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { ServerAddress } from '../../../lib/forward/upstream.ts'
import { type LoopbackUpstream, loopbackUpstream } from '../../helpers/loopback-upstream.ts'
import { type TemporaryFolder, temporaryFolder } from '../../helpers/temporary-folder.ts'
import { debianProgram } from '../../peers/debian.ts'
import { numberedAnswer } from './answers.ts'
import type { Issued } from './certificates.ts'
import { RealServer } from './real-server.ts'

const run = promisify(execFile)

/** dnsdist with DoT and DoH before a server that knows the numbered names; its ports in this order, then its console. */
export class Dnsdist implements AsyncDisposable {
  readonly backend: LoopbackUpstream
  readonly #folder: TemporaryFolder
  readonly #server: RealServer

  private constructor(backend: LoopbackUpstream, folder: TemporaryFolder, server: RealServer) {
    this.backend = backend
    this.#folder = folder
    this.#server = server
  }

  static async start({ certFile, keyFile }: Issued, maxInFlight = 0): Promise<Dnsdist> {
    const backend = await loopbackUpstream((query) => [numberedAnswer(query)])
    const folder = await temporaryFolder()
    const key = randomBytes(32).toString('base64')
    const server = await RealServer.start({
      program: 'dnsdist',
      ports: 4,
      args: async ([plain, tls, https, console]) => {
        const pair = `'${certFile}', '${keyFile}'`
        const file = await folder.write(
          'dnsdist.conf',
          [
            `setLocal('127.0.0.1:${plain}')`,
            `setSecurityPollSuffix('')`,
            // On a machine with much to do it would close connections as idle.
            `setTCPRecvTimeout(30)`,
            `setTCPSendTimeout(30)`,
            `newServer({address='127.0.0.1:${backend.port}'}):setUp()`,
            `addTLSLocal('127.0.0.1:${tls}', ${pair}, {provider='openssl', maxInFlight=${maxInFlight}})`,
            `addDOHLocal('127.0.0.1:${https}', ${pair}, '/dns-query')`,
            `setKey('${key}')`,
            `controlSocket('127.0.0.1:${console}')`,
          ].join('\n'),
        )
        return ['-C', file, '--supervised', '--disable-syslog']
      },
    })
    return new Dnsdist(backend, folder, server)
  }

  get plain(): ServerAddress {
    return this.#server.address(0)
  }

  get tls(): ServerAddress {
    return this.#server.address(1)
  }

  get https(): ServerAddress {
    return this.#server.address(2)
  }

  /** Reads the files of its certificates again. */
  async reload(): Promise<void> {
    const console = `127.0.0.1:${this.#server.ports[3]}`
    const command = ['-C', this.#folder.file('dnsdist.conf'), '-c', console, '-e', 'reloadAllCertificates()']
    await run(debianProgram('dnsdist'), command)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
    await this.backend[Symbol.asyncDispose]()
    await this.#folder[Symbol.asyncDispose]()
  }
}
