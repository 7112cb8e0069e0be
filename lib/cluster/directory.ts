import type { Clock } from '../base/clock.ts'
import { type Evidence, Generations } from '../base/generations.ts'
import { type Health, type HealthSettings, nextHealth, withOverrides } from './health.ts'
import { type Listing, ObjectStore, serviceKey } from './object-store.ts'
import { type ClusterObject, type Node, objectKey } from './objects.ts'
import { type Shard, shardOf } from './shard.ts'

interface Options {
  readonly clock: Clock
  readonly generations: Generations
  readonly health: HealthSettings
  /** What was known of a Service's health, by `namespace/name`, before there was this directory. */
  readonly healthBefore?: (service: string) => Health | undefined
}

/** Where what is known comes from: nowhere yet, a snapshot, or the source, which may have gone away since. */
export type Knowledge = 'none' | 'snapshot' | 'live' | 'away'

interface Entry {
  readonly shard: Shard
  readonly health: Health
  readonly cancelLook: () => void
}

/** Slot of the facts that every federated answer follows from: what we know the cluster from, and this node. */
export const WORLD_SLOT = 1

// So many Services and endpoints are looked at in one turn, 2 to 5 ms; the others wait while queries are answered.
const WORK_A_TURN = 2000

/** The slot of a Service that may or may not exist. */
export const serviceSlot = (namespace: string, name: string): number => Generations.slotOf(`${namespace}/${name}`)

/**
 * What is known of the cluster: each Service with its endpoints and its health as one value that is replaced as a
 * whole, and this node. A change raises the generation of its slot, so that answers made before it no longer hold.
 */
export class Directory {
  readonly #options: Omit<Options, 'healthBefore'>
  readonly #store = new ObjectStore((object) => this.#changed(object))
  readonly #entries = new Map<string, Entry>()
  /** Services whose entry does not show their objects yet. */
  readonly #due = new Set<string>()
  readonly #settled = Promise.withResolvers<void>()
  #healthBefore: Options['healthBefore'] | undefined
  #knowledge: Knowledge = 'none'
  #source: Exclude<Knowledge, 'none'> | undefined
  #nextTurn: NodeJS.Immediate | undefined

  constructor(options: Options) {
    const { healthBefore, ...others } = options
    this.#options = others
    this.#healthBefore = healthBefore
  }

  get knowledge(): Knowledge {
    return this.#knowledge
  }

  /** False while nothing was ever read: then nothing is known to be absent. */
  get synced(): boolean {
    return this.#knowledge !== 'none'
  }

  /** Resolves when it is synced. */
  get settled(): Promise<void> {
    return this.#settled.promise
  }

  /** Objects by kind. */
  get counts(): Readonly<Record<ClusterObject['kind'], number>> {
    return this.#store.counts
  }

  /** Whether it has a Service. */
  hasNamespace(namespace: string): boolean {
    return this.#entries.keys().some((key) => key.startsWith(`${namespace}/`))
  }

  shard(namespace: string, name: string): Shard | undefined {
    return this.#entries.get(`${namespace}/${name}`)?.shard
  }

  isHealthy({ service }: Shard): boolean {
    return service.type === 'ExternalName' || this.health(`${service.namespace}/${service.name}`)?.healthy === true
  }

  node(name: string): Node | undefined {
    const node = this.#store.get(`Node ${name}`)
    return node?.kind === 'Node' ? node : undefined
  }

  /** Of the facts in these slots, as they are now. */
  evidence(slots: readonly number[]): Evidence {
    return this.#options.generations.evidence(slots)
  }

  object(key: string): ClusterObject | undefined {
    return this.#store.get(key)
  }

  objects(): Iterable<ClusterObject> {
    return this.#store.all()
  }

  /** By `namespace/name`. */
  health(service: string): Health | undefined {
    return this.#entries.get(service)?.health
  }

  /** By `namespace/name`. */
  *healths(): Iterable<[string, Health]> {
    for (const [key, { health }] of this.#entries) yield [key, health]
  }

  /** Takes over one object, new or changed, at once. Whether it makes a difference. */
  learn(object: ClusterObject): boolean {
    const isChanged = this.#store.set(objectKey(object), object)
    if (isChanged) this.#renewAtOnce(object)
    return isChanged
  }

  /** Takes over, at once, that an object is gone. Whether it was there. */
  forget(key: string): boolean {
    const object = this.#store.delete(key)
    if (object !== undefined) this.#renewAtOnce(object)
    return object !== undefined
  }

  /** Begins to list the part of the cluster of which `covers` tells what belongs to it. */
  listing(covers: (object: ClusterObject) => boolean): Listing {
    return this.#store.listing(covers, () => this.#renewDue())
  }

  /** Makes these the objects of the cluster, all others gone. No Service is absent in between. */
  replace(objects: Iterable<ClusterObject>): void {
    const listing = this.listing(() => true)
    for (const object of objects) listing.add(object)
    listing.commit()
    this.know('live')
  }

  /**
   * All parts have been listed, or the source has gone away or come back. Until the first call Services are not looked
   * at: their health would be judged by half of what there is.
   */
  know(source: Exclude<Knowledge, 'none'>): void {
    if (source === this.#source) return
    this.#source = source
    if (this.#knowledge === 'none') this.#renewDue()
    else this.#setKnowledge(source)
  }

  /** Ends the timers. */
  close(): void {
    clearImmediate(this.#nextTurn)
    for (const { cancelLook } of this.#entries.values()) cancelLook()
  }

  #changed(object: ClusterObject): void {
    const service = serviceKey(object)
    if (service === undefined) this.#options.generations.bump(WORLD_SLOT)
    else this.#due.add(service)
  }

  #setKnowledge(knowledge: Knowledge): void {
    this.#knowledge = knowledge
    this.#options.generations.bump(WORLD_SLOT)
  }

  // What an event changes does not wait for the rest of a long list.
  #renewAtOnce(object: ClusterObject): void {
    if (!this.synced) return
    if (this.#nextTurn === undefined) return this.#renewDue()
    const service = serviceKey(object)
    if (service === undefined) return
    this.#due.delete(service)
    this.#renew(service)
  }

  #renewDue(): void {
    if (this.#source === undefined) return
    clearImmediate(this.#nextTurn)
    this.#nextTurn = undefined
    let work = 0
    for (const key of this.#due) {
      if (work >= WORK_A_TURN) {
        this.#nextTurn = setImmediate(() => this.#renewDue())
        return
      }
      this.#due.delete(key)
      work += this.#renew(key)
    }
    if (this.#knowledge !== 'none') return
    this.#healthBefore = undefined
    this.#setKnowledge(this.#source)
    this.#settled.resolve()
  }

  /** How much work it was. */
  #renew(key: string): number {
    const service = this.#store.service(key)
    const before = this.#entries.get(key)
    before?.cancelLook()
    this.#options.generations.bump(Generations.slotOf(key))
    if (service === undefined) {
      this.#entries.delete(key)
      return 1
    }
    const shard = shardOf(service, this.#store.slicesOf(key))
    this.#look(key, shard, before?.health ?? this.#healthBefore?.(key))
    return 1 + shard.ready.length
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
    const cancelLook = lookAgainAtMs === undefined ? NOTHING : clock.after(lookAgainAtMs - nowMs, lookAgain)
    this.#entries.set(key, { shard, health, cancelLook })
  }
}

const NOTHING = (): void => {}
