import type { Directory } from '../../lib/cluster/directory.ts'
import type { Health } from '../../lib/cluster/health.ts'
import { Intake } from '../../lib/cluster/intake.ts'
import { SLIMMERS } from '../../lib/cluster/slim.ts'
import type { Config } from '../../lib/config/config.ts'
import type { Credentials } from '../../lib/kubernetes/access.ts'
import { type Collection, collectionsOf, covers, pathOf, selectorsOf } from '../../lib/kubernetes/collection.ts'
import { Contact } from '../../lib/kubernetes/contact.ts'
import { inClusterCredentials } from '../../lib/kubernetes/in-cluster.ts'
import { kubeconfigCredentials } from '../../lib/kubernetes/kubeconfig.ts'
import { Reflector } from '../../lib/kubernetes/reflector.ts'
import { Session } from '../../lib/kubernetes/session.ts'
import { triggerTimeMs } from '../../lib/kubernetes/trigger-time.ts'
import { WatchState } from '../../lib/kubernetes/watch-state.ts'
import { version } from '../version.ts'
import type { Runtime } from './runtime.ts'
import { type Snapshots, startSnapshots } from './snapshots.ts'

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

interface Watch {
  readonly collection: Collection
  readonly state: WatchState
}

export interface ClusterWatch {
  readonly source: KubernetesSource
  readonly watches: readonly Watch[]
  readonly contact: Contact
  readonly snapshots: Snapshots | undefined
}

// What is said at once is better than a snapshot; what is not said within this time may never be said.
const HEAD_START_MS = 300
const FIRST_LISTS_MS = 10_000

/**
 * Fills the directory from an API server, and keeps it up to date. Resolves when everything is listed; when that fails
 * or takes long, with what a snapshot knows; else, after a while, with nothing known.
 */
export async function watchCluster(
  source: KubernetesSource,
  before: Before | undefined,
  parts: Parts,
): Promise<{ readonly watch: ClusterWatch; stop(): Promise<void> }> {
  const { config, directory, runtime } = parts
  const session = new Session({ credentials: credentialsOf(source, runtime), userAgent: `feddns/${version}` })
  const nodeName = watchedNode(config, runtime)
  const collections = collectionsOf({ ...source, federations: [...config.federations.keys()], nodeName })
  const snapshots =
    source.snapshot &&
    startSnapshots({
      path: source.snapshot.path,
      maxAgeMs: source.snapshot.maxAge,
      identity: async () => ({
        cluster: await session.identity(),
        node: nodeName ?? '',
        scope: JSON.stringify(collections),
      }),
      directory,
      awaySinceMs: () => contact.awaySinceMs,
      runtime,
    })
  const failed = Promise.withResolvers<void>()
  const watches = collections.map((collection) => {
    const state = watchState(collection, runtime, () => contact.look(), failed.resolve)
    const onChange = () => snapshots?.changed()
    const reflector = reflectorOf(collection, state, { ...parts, session, onChange })
    return { collection, state, reflector }
  })
  const contact = new Contact({
    clock: runtime.clock,
    watches: watches.map(({ state }) => state),
    onChange: (now) => tellContact(now, parts),
  })
  tellScope(source, runtime)
  if (before?.watch !== undefined && isSameCluster(before.watch.source, source))
    inherit(before.directory, collections, directory)
  for (const { reflector } of watches) void reflector.run()
  const isNotListed = (collection: Collection) =>
    watches.some((one) => one.collection === collection && one.state.lists === 0)
  await Promise.race([directory.settled, failed.promise, passed(HEAD_START_MS, runtime)])
  if (!directory.synced)
    await snapshots?.load((object) => collections.some((one) => isNotListed(one) && covers(one)(object)), parts.recall)
  if (!directory.synced) await Promise.race([directory.settled, failed.promise, passed(FIRST_LISTS_MS, runtime)])
  const stop = async () => {
    for (const { reflector } of watches) reflector.stop()
    contact.close()
    await snapshots?.stop()
    await session.close()
  }
  return { watch: { source, watches, contact, snapshots }, stop }
}

const isSameCluster = (a: KubernetesSource, b: KubernetesSource): boolean =>
  a.kubeconfig === b.kubeconfig && a.context === b.context

// What was watched before is not unknown because something else is to be watched now. What is outside of a new label
// selector goes when the lists are complete.
function inherit(from: Directory, collections: readonly Collection[], to: Directory): void {
  if (from.knowledge === 'none') return
  const listing = to.listing(() => true)
  for (const object of from.objects()) if (collections.some((one) => covers(one)(object))) listing.add(object)
  listing.commit()
  to.know(from.knowledge)
}

function credentialsOf({ kubeconfig, context }: KubernetesSource, { env, clock }: Runtime): Credentials {
  if (kubeconfig === undefined) return inClusterCredentials(env)
  return kubeconfigCredentials({ clock, path: kubeconfig, context })
}

// Where the configuration says where we are, nothing hangs on the labels of a node.
function watchedNode({ location }: Config, { nodeName }: Runtime): string | undefined {
  const { node = nodeName, zone, region } = location
  return zone !== undefined && region !== undefined ? undefined : node || undefined
}

function watchState(
  collection: Collection,
  { clock, warn, counters }: Runtime,
  onChange: () => void,
  onFailure: () => void,
) {
  const path = pathOf(collection)
  return new WatchState({
    clock,
    onChange,
    onFailure: (cause, error) => {
      warn(`watch ${path} ${cause}`, 'watch failed, and is tried again', { path, cause, error: error.message })
      onFailure()
    },
    onSkipped: (problem) => {
      counters.objectProblems++
      warn(`skipped ${path}`, 'object not used', { path, problem })
    },
  })
}

function reflectorOf(
  collection: Collection,
  observer: WatchState,
  { directory, runtime, session, onChange }: Parts & { readonly session: Session; readonly onChange: () => void },
): Reflector {
  const { clock, random, wallClock, warn, counters } = runtime
  const sink = new Intake({
    directory,
    kind: collection.kind,
    slim: SLIMMERS[collection.kind],
    covers: covers(collection),
    report: (problem) => {
      counters.objectProblems++
      warn(`object ${problem}`, 'object not used as it stands', { problem })
    },
    onChange: (object) => {
      onChange()
      const changedAtMs = triggerTimeMs(object)
      if (changedAtMs !== undefined) counters.programming.observe((wallClock() - changedAtMs) / 1000)
    },
  })
  const get: Session['get'] = (path, query, signal) => session.get(path, query, signal)
  return new Reflector({
    path: pathOf(collection),
    selectors: selectorsOf(collection),
    get,
    sink,
    clock,
    random,
    observer,
  })
}

function tellContact(contact: 'live' | 'away', { directory, runtime: { log }, onRead }: Parts): void {
  // Of a snapshot more is said than that.
  if (contact === 'away' && directory.knowledge !== 'live') return
  if (contact === 'away') log.warn('the API server is away; answers are of what was last known')
  else log.info({ objects: directory.counts }, 'the cluster is known, and watched')
  directory.know(contact)
  onRead()
}

function tellScope({ namespaces, labelSelector }: KubernetesSource, { log }: Runtime): void {
  if (namespaces === undefined && labelSelector === undefined) return
  log.info(
    { namespaces, labelSelector },
    'only a part of the cluster is watched; a Service outside of it counts as missing',
  )
}

const passed = (ms: number, { clock }: Runtime): Promise<void> => new Promise((resolve) => clock.after(ms, resolve))
