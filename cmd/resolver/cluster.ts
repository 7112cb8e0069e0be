import { messageOf } from '../../lib/base/error-text.ts'
import { watchPaths } from '../../lib/base/watch-paths.ts'
import { Directory } from '../../lib/cluster/directory.ts'
import type { Config } from '../../lib/config/config.ts'
import { ManifestSource } from '../../lib/manifests/manifest-source.ts'
import type { Runtime } from './runtime.ts'

/** The state of the cluster, kept up to date until it is stopped. */
export interface Cluster {
  readonly key: string
  readonly directory: Directory
  readonly manifests: ManifestSource
  readonly startedMs: number
  stop(): void
}

/**
 * The one before, if the configuration asks for the same; else a new one that has been read once. `onRead` is called
 * whenever it was read again.
 */
export async function startCluster(
  config: Config,
  before: Cluster | undefined,
  runtime: Runtime,
  onRead: () => void,
): Promise<Cluster> {
  const { health, source } = config
  const key = JSON.stringify([source.manifests, health])
  if (before?.key === key) return before
  const { clock, generations, warn, counters } = runtime
  const directory = new Directory({
    clock,
    generations,
    before: before?.directory,
    health: { minReady: health.minReady, leaveAfterMs: health.leaveAfter, returnAfterMs: health.returnAfter },
  })
  const manifests = new ManifestSource({
    paths: source.manifests,
    before: before?.manifests,
    onProblem: (problem) => {
      counters.manifestProblems++
      warn(`manifest ${problem}`, 'manifest not used as it stands', { problem })
    },
  })
  const read = async () => {
    const objects = await manifests.read()
    if (objects !== undefined) directory.replace(objects)
    onRead()
  }
  const onChange = () =>
    read().catch((error: unknown) => warn('manifests', 'manifests not read', { error: messageOf(error) }))
  const unwatch = await watchPaths(source.manifests, { clock, onChange })
  await read()
  const stop = () => {
    unwatch()
    directory.close()
  }
  return { key, directory, manifests, startedMs: clock.now(), stop }
}
