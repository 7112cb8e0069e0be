import type { Config, RouteConfig } from '../../lib/config/config.ts'
import type { Server } from '../../lib/config/server.ts'
import type { Name } from '../../lib/dns/name.ts'
import type { Route } from '../../lib/forward/route.ts'
import type { Upstream } from '../../lib/forward/upstream.ts'
import type { LimitedWarn } from '../../lib/observe/log.ts'
import type { Cluster } from './cluster.ts'
import { CLUSTER_DNS, clusterDnsServers } from './cluster-dns.ts'
import type { Loops } from './loops.ts'
import type { Upstreams } from './upstreams.ts'

/** A route whose servers stay the same. */
export const routeTo = (domain: Name, { upstreams, policy }: RouteConfig, all: Upstreams): Route => ({
  domain,
  policy,
  upstreams: upstreams.map((server) => all.get(server)),
})

/** The routes to the cluster DNS: to servers that were given, or to its pods as they come and go. */
export function clusterRoutes(
  { forward, listen, clusterDomain }: Config,
  { directory }: Cluster,
  { all, warn, loops }: { readonly all: Upstreams; readonly warn: LimitedWarn; readonly loops: Loops },
): Route[] {
  const { clusterDns, everything } = forward
  if (clusterDns === undefined) return []
  const { domains, servers: given } = clusterDns
  const { policy } = everything
  if (given !== undefined) return domains.map((domain) => routeTo(domain, { upstreams: given, policy }, all))
  const servers = clusterDnsServers(directory, listen)
  const live = following(
    () => {
      const now = servers()
      if (now.length === 0 && directory.synced) {
        const { namespace, name } = CLUSTER_DNS
        const message =
          'the cluster DNS has no ready pod; names of the cluster cannot be answered (clusterDNS can name servers)'
        warn('cluster DNS', message, { service: `${namespace}/${name}` })
      }
      return now
    },
    { all, onChange: (upstreams, gone) => loops.changed({ upstreams, domain: clusterDomain }, gone) },
  )
  return domains.map((domain) => ({
    domain,
    policy,
    get upstreams() {
      return live()
    },
  }))
}

interface Following {
  readonly all: Upstreams
  readonly onChange: (upstreams: readonly Upstream[], gone: readonly Upstream[]) => void
}

function following(servers: () => readonly Server[], { all, onChange }: Following): () => readonly Upstream[] {
  let seen: readonly Server[] | undefined
  let upstreams: readonly Upstream[] = []
  return () => {
    const now = servers()
    if (now === seen) return upstreams
    seen = now
    const before = upstreams
    upstreams = now.map((server) => all.get(server))
    all.keepOnly(upstreams)
    onChange(
      upstreams,
      before.filter((one) => !upstreams.includes(one)),
    )
    return upstreams
  }
}

/** Domains whose names are asked of others than before, but for those that no route of their own is for. */
export function changedDomains(before: Config, now: Config): Name[] {
  const [old, young] = [serversByDomain(before), serversByDomain(now)]
  return [...new Set([...old.keys(), ...young.keys()])].filter((domain) => old.get(domain) !== young.get(domain))
}

function serversByDomain({ forward: { stubDomains, clusterDns } }: Config): Map<Name, string> {
  const ofCluster = JSON.stringify(clusterDns?.servers ?? 'live')
  return new Map([
    ...(clusterDns?.domains ?? []).map((domain): [Name, string] => [domain, ofCluster]),
    ...[...stubDomains].map(([domain, { upstreams }]): [Name, string] => [domain, JSON.stringify(upstreams)]),
  ])
}
