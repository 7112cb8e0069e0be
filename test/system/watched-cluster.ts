import assert from 'node:assert/strict'
import { ask } from '../helpers/asked.ts'
import { eventually } from '../helpers/eventually.ts'
import type { LoopbackUpstream } from '../helpers/loopback-upstream.ts'
import { type KubernetesObject, node, service, slice } from '../helpers/objects.ts'
import { RealCluster } from '../helpers/real-cluster.ts'
import { type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { type Expectations, SteadyLoad } from '../helpers/steady-load.ts'
import { zoneUpstream } from '../helpers/zone-upstream.ts'

const HOST = '127.0.0.1'
const LONGEST_LOAD_SECONDS = 60

const UPSTREAM_RECORDS = [
  'www.example.org 1 A 192.0.2.80',
  'away.shop.fleet.svc.z1.example.com 30 CNAME away.shop.fleet.svc.r1.example.com',
  'away.shop.fleet.svc.r1.example.com 30 A 203.0.113.1',
  'one.example.net 30 A 203.0.113.11',
  'two.example.net 30 A 203.0.113.12',
]

export const fed = (name: string): string => `${name}.fleet.svc.cluster.local.`
export const local = (name: string): string => `${name}.svc.cluster.local.`

/** The answers at the federated name of a Service. */
export const here = (name: string, ...ips: readonly string[]): string[] => [
  'NOERROR',
  `${fed(name)} CNAME ${local(name)}`,
  ...ips.map((ip) => `${local(name)} A ${ip}`),
]
export const elsewhere = (name: string, zone = 'z1'): string[] => [
  'NOERROR',
  `${fed(name)} CNAME ${name}.fleet.svc.${zone}.example.com.`,
]
export const WORLD = ['NOERROR', 'www.example.org. A 192.0.2.80']

/** A real API server with the node `n1` and the Service `web.shop`, and the resolvers that watch it. */
export class WatchedCluster implements AsyncDisposable {
  readonly cluster: RealCluster
  readonly node: KubernetesObject = node('n1', 'z1.r1')
  readonly #upstream: LoopbackUpstream

  private constructor(cluster: RealCluster, upstream: LoopbackUpstream) {
    this.cluster = cluster
    this.#upstream = upstream
  }

  static async start(): Promise<WatchedCluster> {
    const cluster = await RealCluster.start(['shop', 'fleet', 'other'])
    const watched = new WatchedCluster(cluster, await zoneUpstream(UPSTREAM_RECORDS))
    const objects = [watched.node, service('web.shop', '10.96.1.1'), slice('web.shop', ['10.1.0.1'])]
    for (const object of objects) await cluster.create(object)
    return watched
  }

  /** A configuration; `source` is added to `source.kubernetes`. */
  settings(source: object = {}, more: object = {}): object {
    return {
      federations: { fleet: 'example.com' },
      listen: [`${HOST}:0`],
      // This cluster has no DNS of its own.
      clusterDNS: 'off',
      http: { listen: `${HOST}:0` },
      source: { kubernetes: { kubeconfig: this.cluster.kubeconfig, ...source }, grace: '30s' },
      forward: { upstreams: [`${HOST}:${this.#upstream.port}`] },
      lameDuck: '0s',
      ...more,
    }
  }

  /** Starts a resolver on the node, and waits until it knows the cluster. */
  async resolver(file: string, settings: object): Promise<RunningResolver> {
    const config = await this.cluster.folder.write(file, settings)
    const resolver = await startResolver({ config, env: { NODE_NAME: 'n1' } })
    await resolver.logged(({ msg }) => msg === 'the cluster is known, and watched')
    return resolver
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#upstream[Symbol.asyncDispose]()
    await this.cluster[Symbol.asyncDispose]()
  }
}

/** Waits until the answer is this one. */
export const answers = (
  { port }: RunningResolver,
  question: string,
  expected: readonly string[],
  withinMs?: number,
): Promise<void> =>
  eventually(async () => assert.deepEqual(await ask({ host: HOST, port }, question), expected), withinMs)

/** Asks a resolver without a pause, 200 times a second. */
export const load = ({ port }: RunningResolver, expected: Expectations): Promise<SteadyLoad> =>
  SteadyLoad.start({ host: HOST, port }, { perSecond: 200, maxSeconds: LONGEST_LOAD_SECONDS, expected })

/** Ends it; no query may have been answered wrongly, or not at all. */
export async function allRight(load: SteadyLoad): Promise<void> {
  const { asked, lost, servfail, wrong, examples } = await load.stop()
  assert.deepEqual({ lost, servfail, wrong, examples }, { lost: 0, servfail: 0, wrong: 0, examples: [] })
  assert.ok(asked > 0)
}
