import { after } from 'node:test'
import { TcpClient, UdpClient, type Server } from '../helpers/dns-client.ts'
import { externalName, type KubernetesObject, node, service, slice } from '../helpers/objects.ts'
import { portOf, type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { type Reply, readReply } from './reply.ts'
import { ScriptedServer } from './scripted-server.ts'

export type Via = 'udp' | 'tcp'
export const EACH: readonly Via[] = ['udp', 'tcp']

const HOST = '127.0.0.1'

/** Where Services are missing or not healthy, this is asked upstream. */
export const PUBLIC_ADDRESS = '192.0.2.1'

// `web` is healthy, `dual` in both families, `dead` has nobody ready, `out` is elsewhere, `big` does not fit anywhere.
const OBJECTS: readonly KubernetesObject[] = [
  node('n1', 'z1.r1'),
  service('web.shop', '10.96.0.1'),
  slice('web.shop', ['10.1.0.1']),
  service('dual.shop', ['10.96.0.2', 'fd00:96::2']),
  slice('dual.shop', ['10.1.0.2']),
  slice('dual.shop', ['fd00:1::2'], { suffix: 'b' }),
  service('dead.shop', '10.96.0.3'),
  slice('dead.shop', ['!10.1.0.3']),
  externalName('out.shop', 'out.elsewhere.example'),
]

interface Options {
  /** Sections of the configuration beside the usual ones; `file` is the path of one of the files, `upstream` where it is. */
  readonly config?: object | ((file: (name: string) => string, upstream: string) => object)
  /** Written before it starts. */
  readonly files?: Readonly<Record<string, unknown>>
  /** Of the cluster, beside the usual ones. */
  readonly objects?: readonly KubernetesObject[]
  /**
   * How the upstream is asked. Over TCP, unless said: there a question is asked once, while over UDP it is repeated where
   * a reply is late, which on a busy machine any may be.
   */
  readonly asksBy?: 'udp' | 'tcp'
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly flags?: readonly string[]
}

/**
 * The real process, listening: federation `fleet` served from files, everything else sent to an upstream that follows
 * scripts.
 */
export class Rig implements AsyncDisposable {
  readonly resolver: RunningResolver
  readonly upstream: ScriptedServer
  readonly folder: TemporaryFolder
  readonly #stack: AsyncDisposableStack
  readonly #options: Options

  private constructor(parts: Pick<Rig, 'resolver' | 'upstream' | 'folder'>, stack: AsyncDisposableStack, of: Options) {
    this.resolver = parts.resolver
    this.upstream = parts.upstream
    this.folder = parts.folder
    this.#stack = stack
    this.#options = of
  }

  static async start(options: Options = {}): Promise<Rig> {
    await using stack = new AsyncDisposableStack()
    const folder = stack.use(await temporaryFolder())
    const upstream = stack.use(await ScriptedServer.start())
    const { files = {}, env = {}, flags = [] } = options
    for (const [name, content] of Object.entries(files)) await folder.write(name, content)
    await folder.write('cluster.json', clusterOf(options))
    const config = await folder.write('config.yaml', configOf(folder, upstream, options))
    const resolver = stack.use(await startResolver({ config, flags, env: { NODE_NAME: 'n1', ...env } }))
    return new Rig({ resolver, upstream, folder }, stack.move(), options)
  }

  /** The configuration, with other sections than it was started with. */
  configWith(sections: object): object {
    return { ...configOf(this.folder, this.upstream, this.#options), ...sections }
  }

  /** From now on these take the place of objects of the same kind and name, or are new. */
  async changeCluster(...objects: readonly KubernetesObject[]): Promise<void> {
    await this.folder.replace('cluster.json', clusterOf(this.#options, objects))
  }

  /** The first address, or another one that is listened on. */
  server(index = 0): Server {
    const address = this.resolver.addresses[index] ?? ''
    return { host: address.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''), port: portOf(address) }
  }

  async ask(query: Buffer, via: Via = 'udp', from?: string): Promise<Reply> {
    await using client = await (via === 'udp' ? UdpClient : TcpClient).open(this.server(), from)
    return readReply(await client.ask(query))
  }

  /** The value of a metric, labels and all as they stand; 0 if there is none. */
  async metric(series: string): Promise<number> {
    const text = await this.page('/metrics')
    const line = text.body.split('\n').find((one) => one.startsWith(`${series} `))
    return line === undefined ? 0 : Number(line.slice(series.length + 1))
  }

  async page(path: string): Promise<{ readonly status: number; readonly body: string }> {
    const response = await fetch(`${this.resolver.httpUrl}${path}`)
    return { status: response.status, body: await response.text() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

/** One for all tests of a file, gone after them. */
export async function sharedRig(options?: Options): Promise<Rig> {
  const rig = await Rig.start(options)
  after(() => rig[Symbol.asyncDispose]())
  return rig
}

/** The same, started by the first test that needs it. */
export function lazyRig(options: () => Options | Promise<Options>): () => Promise<Rig> {
  let started: Promise<Rig> | undefined
  after(async () => (await started?.catch(() => undefined))?.[Symbol.asyncDispose]())
  return () => (started ??= Promise.resolve(options()).then((given) => Rig.start(given)))
}

function clusterOf({ objects = [] }: Options, changed: readonly KubernetesObject[] = []): object {
  const keyOf = ({ kind, metadata }: KubernetesObject) =>
    JSON.stringify([kind, metadata['namespace'], metadata['name']])
  const items = new Map([...OBJECTS, ...objects, ...changed].map((one) => [keyOf(one), one]))
  return { apiVersion: 'v1', kind: 'List', items: [...items.values()] }
}

const configOf = (folder: TemporaryFolder, upstream: ScriptedServer, { asksBy = 'tcp', config }: Options): object => ({
  federations: { fleet: 'example.com' },
  listen: [`${HOST}:0`],
  http: { listen: `${HOST}:0` },
  source: { manifests: [folder.file('cluster.json')] },
  forward: { upstreams: [asksBy === 'tcp' ? `tcp://${upstream.place}` : upstream.place] },
  control: folder.file('c.sock'),
  lameDuck: '0s',
  ...(typeof config === 'function' ? config((name) => folder.file(name), upstream.place) : config),
})
