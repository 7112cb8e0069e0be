import { messageOf } from '../../lib/base/error-text.ts'
import type { Directory } from '../../lib/cluster/directory.ts'
import type { Health } from '../../lib/cluster/health.ts'
import { readSnapshot, type SnapshotIdentity, writeSnapshot } from '../../lib/kubernetes/snapshot.ts'
import { SnapshotKeeper } from '../../lib/kubernetes/snapshot-keeper.ts'
import type { Runtime } from './runtime.ts'

interface Options {
  readonly path: string
  readonly maxAgeMs: number
  /** Asked for before each use: the certificate authority of a cluster may be replaced. */
  readonly identity: () => Promise<SnapshotIdentity>
  readonly directory: Directory
  /** Since when not all changes are known, in milliseconds of the Clock; undefined while they are. */
  readonly awaySinceMs: () => number | undefined
  readonly runtime: Runtime
}

/** What is known of the cluster, on the disk for the next start. */
export interface Snapshots {
  /** Milliseconds since 1970 of which the one on the disk is. */
  readonly asOfMs: number | undefined
  /** Puts what was known into the directory, which does not answer of it yet, if there is a snapshot that can be used. */
  load(recall: (service: string, health: Health) => void): Promise<void>
  /** Has the directory answer of what was loaded, if anything was. */
  use(): Promise<void>
  changed(): void
  /** Writes what is due, or leaves it. */
  stop(writes: boolean): Promise<void>
}

export function startSnapshots({ path, maxAgeMs, identity, directory, awaySinceMs, runtime }: Options): Snapshots {
  const { clock, wallClock, uid, log, counters, warn } = runtime
  // The Clock tells only differences, and none across a restart.
  const clockToWallMs = (): number => wallClock() - clock.now()
  let asOfMs: number | undefined
  const keeper = new SnapshotKeeper({
    clock,
    take: () => {
      if (directory.knowledge !== 'live' && directory.knowledge !== 'away') return undefined
      return {
        asOfMs: (awaySinceMs() ?? clock.now()) + clockToWallMs(),
        objects: directory.objects(),
        healths: shifted(directory.healths(), clockToWallMs()),
      }
    },
    write: async (snapshot) => {
      try {
        await writeSnapshot(path, await identity(), snapshot)
        asOfMs = snapshot.asOfMs
        counters.snapshotsWritten++
      } catch (error) {
        counters.snapshotFailures++
        warn('snapshot', 'snapshot not written', { path, error: messageOf(error) })
      }
    },
  })
  const load: Snapshots['load'] = async (recall) => {
    try {
      const snapshot = await readSnapshot(path, await identity(), { uid, oldestMs: wallClock() - maxAgeMs })
      if (snapshot === undefined) return
      asOfMs = snapshot.asOfMs
      for (const [service, health] of shifted(snapshot.healths, -clockToWallMs())) recall(service, health)
      const listing = directory.listing(() => true)
      for (const object of snapshot.objects) listing.add(object)
      listing.commit()
    } catch (error) {
      counters.snapshotFailures++
      log.warn({ path, error: messageOf(error) }, 'snapshot not used')
    }
  }
  const use: Snapshots['use'] = async () => {
    if (asOfMs === undefined) return
    directory.know('snapshot')
    await directory.settled
    log.warn({ path, asOf: new Date(asOfMs).toISOString() }, 'answers are of a snapshot')
  }
  return {
    get asOfMs() {
      return asOfMs
    },
    load,
    use,
    changed: () => keeper.changed(),
    stop: (writes) => keeper.stop(writes),
  }
}

function* shifted(healths: Iterable<readonly [string, Health]>, byMs: number): Iterable<readonly [string, Health]> {
  for (const [service, health] of healths) {
    const { contradictedSinceMs } = health
    yield [
      service,
      contradictedSinceMs === undefined ? health : { ...health, contradictedSinceMs: contradictedSinceMs + byMs },
    ]
  }
}
