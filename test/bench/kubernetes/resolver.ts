import type { RealCluster } from '../../helpers/real-cluster.ts'
import { type RunningResolver, startResolver } from '../../helpers/running-resolver.ts'

const HOST = '127.0.0.1'
export const NODE = 'n1'

interface Options {
  readonly command: readonly string[]
  /** The port it listens on; any if left out. */
  readonly port?: number
  readonly upstreamPort: number
  /** Over those of `source.kubernetes`. */
  readonly source?: object
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a resolver of the cluster; it listens, and its configuration is the file `resolver.yaml` of the cluster. */
export async function resolverOf(cluster: RealCluster, options: Options): Promise<RunningResolver> {
  const config = await cluster.folder.write('resolver.yaml', {
    federations: { fleet: 'example.com' },
    listen: [`${HOST}:${options.port ?? 0}`],
    http: { listen: `${HOST}:0` },
    source: { kubernetes: { kubeconfig: cluster.kubeconfig, ...options.source }, grace: '60s' },
    forward: { upstreams: [`${HOST}:${options.upstreamPort}`] },
    lameDuck: '0s',
  })
  return startResolver({ config, command: options.command, env: { NODE_NAME: NODE, ...options.env } })
}

/** Waits until it knows the cluster by the API server. */
export const known = (resolver: RunningResolver, timeoutMs = 120_000): Promise<unknown> =>
  resolver.logged(({ msg }) => msg === 'the cluster is known, and watched', timeoutMs)

export const fed = (name: string): string => `${name}.fleet.svc.cluster.local.`
export const local = (name: string): string => `${name}.svc.cluster.local.`

/** Where an answer leads first: the target of the CNAME at the name that was asked. */
export const leadsTo =
  (target: string) =>
  ([rcode, first = '']: readonly string[]): boolean =>
    rcode === 'NOERROR' && first.endsWith(` CNAME ${target}`)
