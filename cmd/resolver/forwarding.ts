import type { Config } from '../../lib/config/config.ts'
import type { Resolve } from '../../lib/dns/answer.ts'
import { type Name, ROOT } from '../../lib/dns/name.ts'
import { Forwarding } from '../../lib/forward/forwarding.ts'
import { MessageCache } from '../../lib/forward/message-cache.ts'
import { longestSuffix, type Route } from '../../lib/forward/route.ts'
import type { Cluster } from './cluster.ts'
import { findLoops, type Loops } from './loops.ts'
import { changedDomains, clusterRoutes, routeTo } from './routes.ts'
import type { Runtime } from './runtime.ts'
import { Upstreams } from './upstreams.ts'

export const MAX_WAITING = 4096 // queries for upstreams, each with a few sockets at most
const BYTES_PER_ENTRY = 2048 // on average, at most: twice what a message of one address weighs (test/bench/weigh.ts)

/** Everything about names that are not ours, as one configuration has it. */
export interface RunningForwarding {
  readonly config: Config
  readonly cluster: Cluster
  readonly cache: MessageCache
  readonly shared: Forwarding
  readonly upstreams: Upstreams
  /** Those of the cluster DNS, which come and go. */
  readonly clusterUpstreams: Upstreams
  readonly resolve: Resolve
  readonly routeOf: (name: Name) => Route | undefined
  readonly routes: readonly Route[]
  readonly loops: Loops
  /** It answers from now on: what was known from others than are asked now is forgotten. */
  takeEffect(): void
  /** Closes what the one that comes after has not taken over. */
  stop(after?: RunningForwarding): void
}

/** The one before, if the configuration asks for the same; else a new one, which goes on with its cache and connections. */
export function startForwarding(
  config: Config,
  cluster: Cluster,
  before: RunningForwarding | undefined,
  runtime: Runtime,
): RunningForwarding {
  if (before?.cluster === cluster && keyOf(before.config) === keyOf(config)) return before
  const cache = cacheOf(config, before)
  const loops = findLoops(runtime)
  const shared = forwardingOf(config, { cache, loops, runtime })
  const options = { ...config.forward, lookUp: shared.by(() => everything), runtime }
  const upstreams = new Upstreams(options, before?.upstreams)
  const clusterUpstreams = new Upstreams(options, before?.clusterUpstreams)
  const everything = routeTo(ROOT, config.forward.everything, upstreams)
  const routes = [
    everything,
    ...clusterRoutes(config, cluster, { all: clusterUpstreams, warn: runtime.warn, loops }),
    ...[...config.forward.stubDomains].map(([domain, route]) => routeTo(domain, route, upstreams)),
  ]
  for (const route of routes) shared.takeOver(route)
  upstreams.settle()
  clusterUpstreams.settle()
  const routeOf = longestSuffix(everything.upstreams.length > 0 ? routes : routes.slice(1))
  const stop = (after?: RunningForwarding) => {
    shared.stop()
    loops.stop()
    upstreams.close(after?.upstreams)
    clusterUpstreams.close(after?.clusterUpstreams)
  }
  const resolve = shared.by(routeOf)
  const changed = before === undefined ? [] : changedDomains(before.config, config)
  const takeEffect = () => {
    for (const domain of changed) cache.purge(domain, true)
  }
  return {
    config,
    cluster,
    cache,
    shared,
    upstreams,
    clusterUpstreams,
    resolve,
    routeOf,
    routes,
    loops,
    takeEffect,
    stop,
  }
}

// All that it depends on beside the cluster.
const keyOf = ({ forward, cache, listen }: Config): string =>
  JSON.stringify([{ ...forward, stubDomains: [...forward.stubDomains] }, cache, listen])

// What is cached stays as it is, unless somebody else is to be asked about it now.
function cacheOf(config: Config, before: RunningForwarding | undefined): MessageCache {
  if (before === undefined || sizeOf(before.config) !== sizeOf(config)) {
    const { entries, memory = entries * BYTES_PER_ENTRY, maxStale } = config.cache
    return new MessageCache({ maxEntries: entries, maxBytes: memory, maxStaleMs: maxStale })
  }
  return before.cache
}

const sizeOf = ({ cache: { entries, memory, maxStale } }: Config): string => JSON.stringify([entries, memory, maxStale])

function forwardingOf(
  { forward, cache: lifetimes }: Config,
  { cache, loops, runtime }: { cache: MessageCache; loops: Loops; runtime: Runtime },
): Forwarding {
  const { clock, random, log, counters, warn } = runtime
  return new Forwarding({
    cache,
    lifetimes,
    keepPositive: lifetimes.keepPositive,
    failover: forward.failover,
    randomizeCase: forward.randomizeCase,
    trustAd: new Set(forward.trustAd),
    maxWaiting: MAX_WAITING,
    // A loop that began after the start shows as more queries than clients can send, or as upstreams that say nothing.
    onOverload: () => loops.lookAgain(),
    clock,
    random,
    onExchange: ({ label }, result, tookMs) => {
      // Of one that has gone meanwhile nothing is counted.
      const counts = counters.upstreams.get(label)
      if (counts === undefined) return
      if (!(result instanceof Error)) return counts.reply(result.rcode, tookMs)
      counts.failures++
      warn(`upstream ${label}`, 'upstream failed', { upstream: label, error: result.message })
    },
    onSilent: ({ label }) => {
      const counts = counters.upstreams.get(label)
      if (counts !== undefined) counts.probesFailed++
    },
    onDown: ({ label }) => {
      log.warn({ upstream: label }, 'upstream is down, and is probed until it answers')
      loops.lookAgain()
    },
    onBack: ({ label }) => log.info({ upstream: label }, 'upstream answers again'),
  })
}
