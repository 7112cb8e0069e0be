import { isIP } from 'node:net'
import type { Config } from '../../lib/config/config.ts'
import { ROOT } from '../../lib/dns/name.ts'
import { type Forwarder, forwarder } from '../../lib/forward/forward.ts'
import { MessageCache } from '../../lib/forward/message-cache.ts'
import { namedServer } from '../../lib/forward/named-server.ts'
import { plainUpstream } from '../../lib/forward/plain-upstream.ts'
import type { Route } from '../../lib/forward/routes.ts'
import type { ServerAddress, Upstream } from '../../lib/forward/upstream.ts'
import { formatAddress } from '../../lib/server/listener.ts'
import type { Runtime } from './runtime.ts'

const BYTES_PER_ENTRY = 2048 // on average, at most: twice what a message of one address weighs (test/bench/weigh.ts)

export interface Forwarding {
  readonly key: string
  readonly cache: MessageCache
  readonly forwarder: Forwarder
}

/** The one before, cache and all, if the configuration asks for the same; else a new one. */
export function startForwarding(config: Config, before: Forwarding | undefined, runtime: Runtime): Forwarding {
  const { upstreams, stubDomains, cacheEntries } = config
  const key = JSON.stringify([upstreams, [...stubDomains], cacheEntries])
  if (before?.key === key) return before
  const { clock, random, counters, warn } = runtime
  const cache = new MessageCache({ maxEntries: cacheEntries, maxBytes: cacheEntries * BYTES_PER_ENTRY })
  const start = (routes: readonly Route[]) =>
    forwarder({
      routes,
      cache,
      clock,
      random,
      onExchange: (upstream, result) => {
        const counts = counters.upstream(upstream.label)
        if (!(result instanceof Error)) counts.replies++
        else {
          counts.failures++
          warn(`upstream ${upstream.label}`, 'upstream failed', { upstream: upstream.label, error: result.message })
        }
      },
    })
  const upstream = (server: ServerAddress, address: () => ServerAddress | Promise<ServerAddress>): Upstream => {
    const label = formatAddress(server)
    return plainUpstream({ address, label, onMismatch: () => counters.upstream(label).mismatches++ })
  }
  const everything: Route = { domain: ROOT, upstreams: upstreams.map((server) => upstream(server, () => server)) }
  const defaultRoute = start(upstreams.length > 0 ? [everything] : [])
  const stubs = [...stubDomains].map(([domain, servers]): Route => {
    const named = (server: ServerAddress) => namedServer(server, defaultRoute.resolve, clock)
    return {
      domain,
      upstreams: servers.map((server) => upstream(server, isIP(server.host) === 0 ? named(server) : () => server)),
    }
  })
  return { key, cache, forwarder: stubs.length === 0 ? defaultRoute : start([everything, ...stubs]) }
}
