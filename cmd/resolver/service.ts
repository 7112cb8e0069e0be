import { BoundedMap } from '../../lib/base/bounded-map.ts'
import { type Location, locationOfNode, narrowed } from '../../lib/cluster/location.ts'
import type { Config } from '../../lib/config/config.ts'
import type { Image } from '../../lib/dns/image.ts'
import { ROOT } from '../../lib/dns/name.ts'
import type { Route } from '../../lib/forward/route.ts'
import { aboutUs } from '../../lib/policy/about-us.ts'
import { blocking } from '../../lib/policy/block.ts'
import { withoutAaaa } from '../../lib/policy/no-aaaa.ts'
import { firstVerdict } from '../../lib/policy/verdict.ts'
import { resolverChain } from '../../lib/resolve/chain.ts'
import { accessList } from '../../lib/server/access-list.ts'
import type { Service } from '../../lib/server/responder.ts'
import type { Cluster } from './cluster.ts'
import { ednsService } from './edns-service.ts'
import type { RunningForwarding } from './forwarding.ts'
import type { Runtime } from './runtime.ts'

// Finished answers are few where the cache is small, but those of our own names need room too.
const LEAST_IMAGES = 1024
const BYTES_PER_IMAGE = 2048

/** The chain and the images of one configuration. */
export function buildService(
  config: Config,
  cluster: Cluster,
  forwarding: RunningForwarding,
  runtime: Runtime,
): Service {
  const { clusterDomain, federations, publicNames, answers, policy } = config
  const resolve = resolverChain({
    settings: {
      clusterDomain,
      federations,
      publicNames,
      style: answers.style,
      ttlSeconds: answers.ttl,
      redirectTtlSeconds: answers.redirectTtl,
      serial: runtime.startedSeconds,
    },
    directory: cluster.directory,
    locate: () => locate(config, cluster, runtime),
    clock: runtime.clock,
    graceEndsAtMs: cluster.startedMs + config.source.grace,
    forward: forwarding.resolve,
    routeOf: forwarding.routeOf,
    verdict: firstVerdict(blocking(policy.block), withoutAaaa(policy.noAAAA)),
    leaks: (name) => leaks(forwarding.routeOf(name)),
    onRuling: (kind) => runtime.counters.ruling(kind),
    cameBack: (name) => forwarding.loops.cameBack(name),
  })
  const maxEntries = Math.max(LEAST_IMAGES, config.cache.entries)
  const images = new BoundedMap<Image>({ maxEntries, maxBytes: maxEntries * BYTES_PER_IMAGE })
  return {
    resolve,
    allows: accessList(config.allow),
    images,
    prefetches: config.cache.prefetch,
    edns: ednsService(config.edns, runtime.wallClock),
    aboutUs: aboutUs(config.chaos),
    ...(config.metrics.corednsNames && { observe: runtime.counters.coredns.observe }),
  }
}

// Other routes than the one for everything are there because the operator said so.
const leaks = (route: Route | undefined): boolean =>
  route?.domain === ROOT && route.upstreams.some(({ isPublic }) => isPublic)

// What the configuration says comes before the labels of the node.
function locate({ location }: Config, { directory }: Cluster, { nodeName, warn }: Runtime): Location {
  const name = location.node ?? nodeName
  const node = name === undefined ? undefined : directory.node(name)
  const labels =
    node === undefined ? {} : locationOfNode(node, (problem) => warn(problem, 'label not used', { problem }))
  const { zone = labels.zone, region = labels.region } = location
  return narrowed({ ...(zone && { zone }), ...(region && { region }) }, location.scope)
}
