import { messageOf } from '../../lib/base/error-text.ts'
import { watchPaths } from '../../lib/base/watch-paths.ts'
import type { Directory } from '../../lib/cluster/directory.ts'
import { ManifestSource } from '../../lib/manifests/manifest-source.ts'
import type { Runtime } from './runtime.ts'

interface Parts {
  readonly directory: Directory
  readonly runtime: Runtime
  readonly onRead: () => void
}

/** Fills the directory from files, and again whenever they change. They have been read once when it resolves. */
export async function readManifests(
  paths: readonly string[],
  before: ManifestSource | undefined,
  { directory, runtime: { clock, warn, counters }, onRead }: Parts,
): Promise<{ readonly manifests: ManifestSource; stop(): Promise<void> }> {
  const manifests = new ManifestSource({
    paths,
    before,
    onProblem: (problem) => {
      counters.manifestProblems++
      warn(`manifest ${problem}`, 'manifest not used as it stands', { problem })
    },
  })
  const read = async () => {
    const objects = await manifests.read()
    if (objects !== undefined) {
      directory.replace(objects)
      await directory.settled
    }
    onRead()
  }
  const onChange = () =>
    read().catch((error: unknown) => warn('manifests', 'manifests not read', { error: messageOf(error) }))
  const unwatch = await watchPaths(paths, { clock, onChange })
  await read()
  return { manifests, stop: async () => unwatch() }
}
