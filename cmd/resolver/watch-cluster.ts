import { sleep } from '../../lib/base/sleep.ts'
import type { Directory } from '../../lib/cluster/directory.ts'
import type { Health } from '../../lib/cluster/health.ts'
import type { Config } from '../../lib/config/config.ts'
import type { Credentials } from '../../lib/kubernetes/access.ts'
import { type Collection, collectionsOf, covers } from '../../lib/kubernetes/collection.ts'
import { Contact } from '../../lib/kubernetes/contact.ts'
import { inClusterCredentials } from '../../lib/kubernetes/in-cluster.ts'
import { kubeconfigCredentials } from '../../lib/kubernetes/kubeconfig.ts'
import { Session } from '../../lib/kubernetes/session.ts'
import { version } from '../version.ts'
import { CLUSTER_DNS } from './cluster-dns.ts'
import type { Runtime } from './runtime.ts'
import { type Snapshots, startSnapshots } from './snapshots.ts'
import { startWatch, type Watch } from './start-watch.ts'

type KubernetesSource = NonNullable<Config['source']['kubernetes']>

interface Parts {
  readonly config: Config
  readonly directory: Directory
  readonly runtime: Runtime
  /** Has a snapshot remembered what the health of a Service was. */
  readonly recall: (service: string, health: Health) => void
  readonly onRead: () => void
}

interface Before {
  readonly directory: Directory
  readonly watch?: ClusterWatch
}

export interface ClusterWatch {
  readonly source: KubernetesSource
  readonly watches: readonly Watch[]
  readonly contact: Contact
  readonly snapshots: Snapshots | undefined
}

// What is said at once is better than a snapshot. Other names than those of the cluster do not wait any longer.
const HEAD_START_MS = 300
// While the configuration before still answers.
const FIRST_LISTS_MS = 10_000

/**
 * Fills the directory from an API server, and keeps it up to date. Resolves when everything is listed; when that fails
 * or takes long, with what a snapshot knows, or with nothing known. Rejects where something is known `before` that is
 * of no use here, and would have to give way to nothing.
 */
export async function watchCluster(
  source: KubernetesSource,
  before: Before | undefined,
  parts: Parts,
): Promise<{ readonly watch: ClusterWatch; stop(writes: boolean): Promise<void> }> {
  const { config, directory, runtime } = parts
  const session = new Session({ credentials: credentialsOf(source, runtime), userAgent: `feddns/${version}` })
  const collections = watchedCollections(config, runtime)
  const failed = Promise.withResolvers<void>()
  let error: Error | undefined
  const snapshots = snapshotsOf(source, () => contact.awaySinceMs, { ...parts, session, collections })
  const watches: readonly Watch[] = collections.map((collection) =>
    startWatch(collection, {
      ...parts,
      session,
      onState: () => contact.look(),
      onFailure: (latest) => {
        error = latest
        failed.resolve()
      },
      onReturn: () => watches.forEach(({ reflector }) => reflector.hurry()),
      onKnown: () => snapshots?.changed(),
    }),
  )
  const contact = new Contact({
    clock: runtime.clock,
    watches: watches.map(({ state }) => state),
    onChange: (now) => tellContact(now, parts),
  })
  const stop = async (writes: boolean) => {
    for (const { reflector } of watches) reflector.stop()
    contact.close()
    await snapshots?.stop(writes)
    await session.close()
  }
  tellScope(config, runtime)
  // A list is judged by what is known already.
  if (!inherit(before, source, collections, directory)) await snapshots?.load(parts.recall)
  for (const { reflector } of watches) void reflector.run()
  // Where somebody answers meanwhile there is time for another try.
  if (before === undefined) await within(HEAD_START_MS, Promise.race([directory.settled, failed.promise]), runtime)
  else await within(FIRST_LISTS_MS, directory.settled, runtime)
  if (!directory.synced) await snapshots?.use()
  if (!directory.synced && before?.directory.synced === true) {
    await stop(false)
    throw new Error(`source.kubernetes: nothing can be known of it: ${error?.message ?? 'the lists take too long'}`)
  }
  return { watch: { source, watches, contact, snapshots }, stop }
}

/** What is to be watched. */
export function watchedCollections(config: Config, runtime: Runtime): Collection[] {
  const { source, federations, forward } = config
  const asksClusterDns = forward.clusterDns !== undefined && forward.clusterDns.servers === undefined
  return collectionsOf({
    ...source.kubernetes,
    // The names in a namespace called like a federation look like federated ones.
    whole: [...federations.keys(), ...(asksClusterDns ? [CLUSTER_DNS.namespace] : [])],
    nodeName: watchedNode(config, runtime),
  })
}

// Where the configuration says where we are, nothing hangs on the labels of a node.
function watchedNode({ location }: Config, { nodeName }: Runtime): string | undefined {
  const { node = nodeName, zone, region } = location
  return zone !== undefined && region !== undefined ? undefined : node || undefined
}

// What was watched before is not unknown because something else is to be watched now. What is outside of a new label
// selector goes when the lists are complete. Whether anything was taken over.
function inherit(
  before: Before | undefined,
  source: KubernetesSource,
  collections: readonly Collection[],
  directory: Directory,
): boolean {
  const from = before?.watch?.source
  const isSameCluster = from?.kubeconfig === source.kubeconfig && from?.context === source.context
  if (before === undefined || from === undefined || !isSameCluster || before.directory.knowledge === 'none')
    return false
  const listing = directory.listing(() => true)
  for (const object of before.directory.objects())
    if (collections.some((one) => covers(one)(object))) listing.add(object)
  listing.commit()
  directory.know(before.directory.knowledge)
  return true
}

function credentialsOf({ kubeconfig, context }: KubernetesSource, { env, clock, wallClock }: Runtime): Credentials {
  if (kubeconfig === undefined) return inClusterCredentials(env)
  return kubeconfigCredentials({ clock, wallClock, env, path: kubeconfig, context })
}

function snapshotsOf(
  { snapshot }: KubernetesSource,
  awaySinceMs: () => number | undefined,
  parts: Parts & { readonly session: Session; readonly collections: readonly Collection[] },
): Snapshots | undefined {
  if (snapshot === undefined) return undefined
  const { config, directory, runtime, session, collections } = parts
  return startSnapshots({
    path: snapshot.path,
    maxAgeMs: snapshot.maxAge,
    identity: async () => ({
      cluster: await session.identity(),
      node: watchedNode(config, runtime) ?? '',
      scope: JSON.stringify(collections),
    }),
    directory,
    awaySinceMs,
    runtime,
  })
}

function tellContact(contact: 'live' | 'away', { config, directory, runtime, onRead }: Parts): void {
  const { log, warn } = runtime
  // Of a snapshot more is said than that.
  if (contact === 'away' && directory.knowledge !== 'live') return
  if (contact === 'away') log.warn('the API server is away; answers are of what was last known')
  else log.info({ objects: directory.counts }, 'the cluster is known, and watched')
  const node = watchedNode(config, runtime)
  if (node !== undefined && directory.node(node) === undefined)
    warn('node', 'our node does not exist, or may not be read; redirects lead to the global names', { node })
  directory.know(contact)
  onRead()
}

function tellScope(config: Config, runtime: Runtime): void {
  const { log } = runtime
  const { namespaces, labelSelector } = config.source.kubernetes ?? {}
  if (namespaces !== undefined || labelSelector !== undefined) {
    const message = 'only a part of the cluster is watched; a Service outside of it counts as missing'
    log.info({ namespaces, labelSelector }, message)
  }
  const { zone, region } = config.location
  if (zone === undefined && region === undefined && watchedNode(config, runtime) === undefined)
    log.warn('neither NODE_NAME nor a location is given; redirects lead to the global names')
}

/** Resolves when the work is done, or the time is over. */
async function within(ms: number, work: Promise<void>, { clock }: Runtime): Promise<void> {
  const done = new AbortController()
  await Promise.race([work, sleep(clock, ms, done.signal)])
  done.abort()
}
