import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { service, slice } from '../helpers/objects.ts'
import { portOf, type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { CertificateAuthority } from '../kubernetes/certificate-authority.ts'
import { parsePrometheusText } from '../observe/prometheus-text.ts'

const ROOT = join(import.meta.dirname, '../..')
const ENDPOINTS = 1000 // 16 KB of addresses

/** A short answer and a large one. */
export const NAMES = { web: 'web.shop.fleet.svc.cluster.local', big: 'big.shop.fleet.svc.cluster.local' } as const

/** What a process has. */
export interface Holdings {
  readonly megabytes: number
  readonly descriptors: number
}

/** A resolver that is attacked: a process as it is delivered, with plain DNS and DNS over TLS on loopback. */
export class Victim implements AsyncDisposable {
  readonly resolver: RunningResolver
  readonly #stack: AsyncDisposableStack

  private constructor(resolver: RunningResolver, stack: AsyncDisposableStack) {
    this.resolver = resolver
    this.#stack = stack
  }

  /** `command` starts it instead of Node with its source. */
  static async start(command = [process.execPath, join(ROOT, 'cmd/feddns.ts')]): Promise<Victim> {
    await using stack = new AsyncDisposableStack()
    const folder = stack.use(await temporaryFolder())
    const { cert, key } = new CertificateAuthority().issue('dns.test', ['dns.test'])
    const addresses = Array.from({ length: ENDPOINTS }, (_, i) => `10.1.${i >> 8}.${i & 0xff}`)
    const items = [service('web.shop'), slice('web.shop'), service('big.shop', 'None'), slice('big.shop', addresses)]
    const config = await folder.write('config.yaml', {
      listen: ['127.0.0.1:0', 'tls://127.0.0.1:0'],
      tls: { certificate: await folder.write('tls.crt', cert), key: await folder.write('tls.key', key) },
      federations: { fleet: 'example.com' },
      source: { manifests: [await folder.write('cluster.json', { apiVersion: 'v1', kind: 'List', items })] },
      answers: { style: 'flat' },
      forward: { upstreams: [] },
      http: { listen: '127.0.0.1:0' },
      lameDuck: '0s',
    })
    const resolver = stack.use(await startResolver({ config, command }))
    return new Victim(resolver, stack.move())
  }

  get port(): number {
    return this.resolver.port
  }

  get tlsPort(): number {
    return portOf(this.resolver.addresses[1])
  }

  get holdings(): Holdings {
    const of = `/proc/${this.resolver.pid}`
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`${of}/status`, 'utf8')) ?? []
    return { megabytes: Number(kilobytes) / 1024, descriptors: readdirSync(`${of}/fd`).length }
  }

  /** Every sample, by its name and labels. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.resolver.httpUrl}/metrics`, { headers: { connection: 'close' } })).text()
    return new Map([...parsePrometheusText(text).values()].flatMap(({ samples }) => [...samples]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
