import type { Config } from '../../lib/config/config.ts'
import { Directory } from '../../lib/cluster/directory.ts'
import type { Health } from '../../lib/cluster/health.ts'
import { readManifests } from './read-manifests.ts'
import type { Runtime } from './runtime.ts'
import { type ClusterWatch, watchCluster, watchedCollections } from './watch-cluster.ts'
import type { ManifestSource } from '../../lib/manifests/manifest-source.ts'

/** The state of the cluster, kept up to date until it is stopped. */
export interface Cluster {
  readonly key: string
  readonly directory: Directory
  readonly startedMs: number
  readonly manifests?: ManifestSource
  readonly watch?: ClusterWatch
  /** A snapshot that is due is written, unless another cluster takes the place of this one. */
  stop(isReplaced: boolean): Promise<void>
}

/**
 * The one before, if the configuration asks for the same; else a new one, of which something is known already unless
 * its source does not answer. `onRead` is called whenever it was read again, or a part of it was.
 */
export async function startCluster(
  config: Config,
  before: Cluster | undefined,
  runtime: Runtime,
  onRead: () => void,
): Promise<Cluster> {
  const { health, source } = config
  const key = keyOf(config, runtime)
  if (before?.key === key) return before
  const { clock, generations } = runtime
  const recalled = new Map<string, Health>()
  // Not for longer than it takes, or each cluster would hold all those before it.
  let earlier = before?.directory
  const directory = new Directory({
    clock,
    generations,
    healthBefore: (service) => recalled.get(service) ?? earlier?.health(service),
    health: { minReady: health.minReady, leaveAfterMs: health.leaveAfter, returnAfterMs: health.returnAfter },
  })
  void directory.settled.then(() => {
    earlier = undefined
  })
  const recall = (service: string, known: Health) => void recalled.set(service, known)
  const parts = { config, directory, runtime, recall, onRead }
  const kept =
    source.kubernetes === undefined
      ? await readManifests(source.manifests ?? [], before?.manifests, parts)
      : await watchCluster(source.kubernetes, before, parts)
  recalled.clear()
  const stop = async (isReplaced: boolean) => {
    await kept.stop(!isReplaced)
    directory.close()
  }
  return { ...kept, key, directory, startedMs: clock.now(), stop }
}

// All that it depends on.
function keyOf(config: Config, runtime: Runtime): string {
  const { kubernetes, manifests } = config.source
  const watched = kubernetes && [kubernetes, watchedCollections(config, runtime)]
  return JSON.stringify([manifests, config.health, watched])
}
