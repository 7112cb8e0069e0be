import type { Clock } from '../base/clock.ts'
import { type Evidence, Generations } from '../base/generations.ts'
import { type Health, type HealthSettings, nextHealth, withOverrides } from './health.ts'
import { type ClusterObject, type EndpointSlice, type Node, objectKey, type Service } from './objects.ts'
import { type Shard, shardOf } from './shard.ts'

interface Options {
  readonly clock: Clock
  readonly generations: Generations
  readonly health: HealthSettings
  /** The one that this one takes over from: what was healthy there is known to have been. */
  readonly before?: Directory | undefined
}

interface Entry {
  readonly shard: Shard
  readonly health: Health
  readonly cancelLook: () => void
}

/** Slot of the facts that every federated answer follows from: whether we know the cluster at all, and this node. */
export const WORLD_SLOT = 1

/** The slot of a Service that may or may not exist. */
export const serviceSlot = (namespace: string, name: string): number => Generations.slotOf(`${namespace}/${name}`)

const serviceKey = (object: Service | EndpointSlice): string =>
  object.kind === 'Service' ? `${object.namespace}/${object.name}` : `${object.namespace}/${object.service}`

/**
 * What is known of the cluster: each Service with its endpoints and its health as one value that is replaced as a
 * whole, and this node. A change raises the generation of its slot, so that answers made before it no longer hold.
 */
export class Directory {
  readonly #options: Options
  readonly #objects = new Map<string, ClusterObject>()
  readonly #slices = new Map<string, Map<string, EndpointSlice>>()
  readonly #entries = new Map<string, Entry>()
  #synced = false

  constructor(options: Options) {
    this.#options = options
  }

  /** False while nothing was ever read: then nothing is known to be absent. */
  get synced(): boolean {
    return this.#synced
  }

  get counts(): { readonly services: number; readonly objects: number } {
    return { services: this.#entries.size, objects: this.#objects.size }
  }

  /** Whether it has a Service. */
  hasNamespace(namespace: string): boolean {
    return this.#entries.keys().some((key) => key.startsWith(`${namespace}/`))
  }

  shard(namespace: string, name: string): Shard | undefined {
    return this.#entries.get(`${namespace}/${name}`)?.shard
  }

  isHealthy(shard: Shard): boolean {
    const { service } = shard
    return service.type === 'ExternalName' || this.#entries.get(serviceKey(service))?.health.healthy === true
  }

  node(name: string): Node | undefined {
    const node = this.#objects.get(`Node ${name}`)
    return node?.kind === 'Node' ? node : undefined
  }

  /** Of the facts in these slots, as they are now. */
  evidence(slots: readonly number[]): Evidence {
    return this.#options.generations.evidence(slots)
  }

  /** Makes these the objects of the cluster, all others gone. No Service is absent in between. */
  replace(objects: Iterable<ClusterObject>): void {
    const wanted = new Map<string, ClusterObject>()
    for (const object of objects) wanted.set(objectKey(object), object)
    const changed = new Set<string>()
    for (const [key, object] of this.#objects) if (!wanted.has(key)) this.#forget(key, object, changed)
    for (const [key, object] of wanted) this.#learn(key, object, changed)
    for (const key of changed) this.#renew(key)
    if (!this.#synced) {
      this.#synced = true
      this.#options.generations.bump(WORLD_SLOT)
    }
  }

  /** Ends the timers of holds. */
  close(): void {
    for (const { cancelLook } of this.#entries.values()) cancelLook()
  }

  #forget(key: string, object: ClusterObject, changed: Set<string>): void {
    this.#objects.delete(key)
    if (object.kind === 'Node') return this.#options.generations.bump(WORLD_SLOT)
    const service = serviceKey(object)
    changed.add(service)
    if (object.kind !== 'EndpointSlice') return
    const slices = this.#slices.get(service)
    slices?.delete(key)
    if (slices?.size === 0) this.#slices.delete(service)
  }

  #learn(key: string, object: ClusterObject, changed: Set<string>): void {
    const known = this.#objects.get(key)
    if (known !== undefined && isSame(known, object)) return
    // A slice may have been given to another Service.
    if (known !== undefined) this.#forget(key, known, changed)
    this.#objects.set(key, object)
    if (object.kind === 'Node') return this.#options.generations.bump(WORLD_SLOT)
    const service = serviceKey(object)
    changed.add(service)
    if (object.kind === 'EndpointSlice')
      this.#slices.set(service, (this.#slices.get(service) ?? new Map()).set(key, object))
  }

  #renew(key: string): void {
    const { generations } = this.#options
    const service = this.#objects.get(`Service ${key}`)
    const before = this.#entries.get(key)
    before?.cancelLook()
    generations.bump(Generations.slotOf(key))
    if (service?.kind !== 'Service') this.#entries.delete(key)
    else
      this.#look(
        key,
        shardOf(service, this.#slices.get(key)?.values() ?? []),
        before?.health ?? this.#healthBefore(key),
      )
  }

  // Only until all is known here: a Service that comes later is a new one.
  #healthBefore(key: string): Health | undefined {
    const { before } = this.#options
    if (this.#synced || before === undefined) return undefined
    const entry = before.#entries.get(key)
    return entry?.health
  }

  #look(key: string, shard: Shard, before: Health | undefined): void {
    const { clock, generations } = this.#options
    const settings = withOverrides(this.#options.health, shard.service.health)
    const nowMs = clock.now()
    const { health, lookAgainAtMs } = nextHealth(before, { readyPods: shard.readyPods, nowMs }, settings)
    const lookAgain = () => {
      generations.bump(Generations.slotOf(key))
      this.#look(key, shard, health)
    }
    const cancelLook = lookAgainAtMs === undefined ? () => {} : clock.after(lookAgainAtMs - nowMs, lookAgain)
    this.#entries.set(key, { shard, health, cancelLook })
  }
}

const isSame = (a: ClusterObject, b: ClusterObject): boolean => JSON.stringify(a) === JSON.stringify(b)
