import { BoundedMap } from '../../lib/base/bounded-map.ts'
import { type Location, locationOfNode, narrowed } from '../../lib/cluster/location.ts'
import type { Config } from '../../lib/config/config.ts'
import type { Image } from '../../lib/dns/image.ts'
import { resolverChain } from '../../lib/resolve/chain.ts'
import { accessList } from '../../lib/server/access-list.ts'
import type { Service } from '../../lib/server/responder.ts'
import type { Cluster } from './cluster.ts'
import type { Forwarding } from './forwarding.ts'
import type { Runtime } from './runtime.ts'

const MAX_IMAGES = 20_000
const MAX_IMAGE_BYTES = 32 * 1024 * 1024

/** The chain and the images of one configuration. */
export function buildService(config: Config, cluster: Cluster, forwarding: Forwarding, runtime: Runtime): Service {
  const { clusterDomain, federations, publicNames, answers } = config
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
    forward: forwarding.forwarder.resolve,
    routeOf: forwarding.forwarder.routeOf,
  })
  const images = new BoundedMap<Image>({ maxEntries: MAX_IMAGES, maxBytes: MAX_IMAGE_BYTES })
  return { resolve, allows: accessList(config.allow), images }
}

// What the configuration says comes before the labels of the node.
function locate({ location }: Config, { directory }: Cluster, { nodeName, warn }: Runtime): Location {
  const name = location.node ?? nodeName
  const node = name === undefined ? undefined : directory.node(name)
  const labels =
    node === undefined ? {} : locationOfNode(node, (problem) => warn(problem, 'label not used', { problem }))
  const { zone = labels.zone, region = labels.region } = location
  return narrowed({ ...(zone && { zone }), ...(region && { region }) }, location.scope)
}
