import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { CertificateAuthority } from '../kubernetes/certificate-authority.ts'
import { type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import type { Fault } from './faults.ts'
import { Upstream } from './upstream.ts'

const ROOT = join(import.meta.dirname, '../..')
/** The first is the faster one by this, so that whoever prefers the fastest prefers the one that will fail. */
const SLOWER_MS = 5

export interface RigOptions {
  /** As in the configuration; `default` leaves it out. */
  readonly policy: string
  /** The program: a script, in this checkout unless given. */
  readonly program?: string
}

/** A resolver as a process, and its upstreams. The last octet of an address is the place of who answered it: 1 or 2. */
export interface Rig extends AsyncDisposable {
  readonly resolver: RunningResolver
  readonly upstreams: readonly Upstream[]
}

export async function startRig(shape: Pick<Fault, 'upstreams' | 'protocol'>, options: RigOptions): Promise<Rig> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  // Nothing is left behind when we are cut short.
  const remove = () => rmSync(folder.path, { recursive: true, force: true })
  process.once('exit', remove)
  stack.defer(() => void process.off('exit', remove))
  const authority = new CertificateAuthority()
  const tls = shape.protocol === 'tls' ? authority.issue('upstream.test', ['upstream.test']) : undefined
  const upstreams: Upstream[] = []
  for (let octet = 1; octet <= shape.upstreams; octet++) {
    const behaviour = { octet, delayMs: octet === 1 ? 0 : SLOWER_MS }
    upstreams.push(stack.use(await Upstream.start({ behaviour, ...(tls && { tls }) })))
  }
  const config = await folder.write('config.yaml', {
    listen: ['127.0.0.1:0'],
    source: { manifests: [await folder.write('cluster.json', { apiVersion: 'v1', kind: 'List', items: [] })] },
    forward: {
      upstreams: upstreams.map(({ port }) => urlOf(shape.protocol, port)),
      ...(options.policy !== 'default' && { policy: options.policy }),
      ...(tls && { ca: await folder.write('ca.pem', authority.pem) }),
    },
    lameDuck: '0s',
  })
  const command = [process.execPath, options.program ?? join(ROOT, 'cmd/feddns.ts')]
  const resolver = stack.use(await startResolver({ config, command }))
  const parts = stack.move()
  return { resolver, upstreams, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

const PREFIX = { plain: '', tcp: 'tcp://', tls: 'tls://' } as const

const urlOf = (protocol: Fault['protocol'], port: number): string =>
  `${PREFIX[protocol]}127.0.0.1:${port}${protocol === 'tls' ? '#upstream.test' : ''}`
