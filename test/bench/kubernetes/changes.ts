import { externalName, type KubernetesObject, node, service, slice } from '../../helpers/objects.ts'
import type { RealCluster } from '../../helpers/real-cluster.ts'
import { fed, leadsTo, local, NODE } from './resolver.ts'

export const KINDS = ['create', 'ready', 'move', 'delete', 'node'] as const
export type Kind = (typeof KINDS)[number]

/** One change of the cluster, and how it shows. */
export interface Change {
  readonly kind: Kind
  readonly question: string
  readonly isShown: (answer: readonly string[]) => boolean
  /** Makes it; the events by which a watcher learns of it, as in `plain-watcher.ts`. */
  make(): Promise<readonly string[]>
}

export const MOVE_RECORDS = ['a.example.net 86400 A 203.0.113.1', 'b.example.net 86400 A 203.0.113.2']
const MOVED = 20
const PLACES = ['z1', 'z2'] as const

const eventOf = ({ kind, metadata }: KubernetesObject): string =>
  `${kind} ${String(metadata['name'])} ${String(metadata['resourceVersion'])}`
const deletionOf = ({ kind, metadata }: KubernetesObject): string => `${kind} ${String(metadata['name'])} DELETED`
const publicName = (name: string, zone: string): string => `${name}.fleet.svc.${zone}.example.com.`

/** Changes of a cluster that has the Services `s0` … of `fill.ts`, one kind after the other. */
export class Changes {
  readonly #cluster: RealCluster
  readonly #services: number
  readonly #node = node(NODE, 'z1.r1')
  #count = 0
  #zone: (typeof PLACES)[number] = 'z1'

  constructor(cluster: RealCluster, services: number) {
    this.#cluster = cluster
    this.#services = services
  }

  /** What has to be there before the first. */
  *needed(): Iterable<KubernetesObject> {
    yield this.#node
    for (let i = 0; i < MOVED; i++) yield externalName(`moved${i}.shop`, 'a.example.net')
  }

  next(): Change {
    const kind = KINDS[this.#count % KINDS.length] as Kind
    const round = Math.floor(this.#count++ / KINDS.length)
    if (kind === 'create') return this.#create(round)
    if (kind === 'delete') return this.#delete(round)
    if (kind === 'ready') return this.#flip(round)
    if (kind === 'move') return this.#move(round)
    return this.#relabel()
  }

  #created(round: number) {
    const name = `new${round}.shop`
    const ip = `10.96.${100 + Math.floor(round / 250)}.${1 + (round % 250)}`
    return {
      name,
      object: service(name, ip),
      pods: slice(name, [`10.9.${Math.floor(round / 250)}.${1 + (round % 250)}`]),
    }
  }

  #create(round: number): Change {
    const { name, object, pods } = this.#created(round)
    const make = async () => [eventOf(await this.#cluster.create(object)), eventOf(await this.#cluster.create(pods))]
    return { kind: 'create', question: `${fed(name)} A`, isShown: leadsTo(local(name)), make }
  }

  #delete(round: number): Change {
    const { name, object } = this.#created(round)
    const make = async () => [deletionOf(await this.#cluster.remove(object).then(() => object))]
    const isShown = ([, first = '']: readonly string[]) => first.endsWith('.example.com.')
    return { kind: 'delete', question: `${fed(name)} CNAME`, isShown, make }
  }

  // The first time around to unready, the second time back.
  #flip(round: number): Change {
    const name = `s${round % this.#services}.shop`
    const toReady = Math.floor(round / this.#services) % 2 === 1
    const make = async () => [
      eventOf(await this.#cluster.patch(slice(name), slice(name, [toReady ? '10.1.0.1' : '!10.1.0.1']))),
    ]
    const isShown = ([, first = '']: readonly string[]) => first.endsWith(' CNAME ' + local(name)) === toReady
    return { kind: 'ready', question: `${fed(name)} CNAME`, isShown, make }
  }

  #move(round: number): Change {
    const name = `moved${round % MOVED}.shop`
    const target = Math.floor(round / MOVED) % 2 === 0 ? 'b.example.net' : 'a.example.net'
    const make = async () => [
      eventOf(await this.#cluster.patch(externalName(name, target), { spec: { externalName: target } })),
    ]
    const isShown = (answer: readonly string[]) => answer[2]?.endsWith(` CNAME ${target}.`) === true
    return { kind: 'move', question: `${fed(name)} A`, isShown, make }
  }

  #relabel(): Change {
    this.#zone = this.#zone === 'z1' ? 'z2' : 'z1'
    const zone = this.#zone
    const labels = { 'topology.kubernetes.io/zone': zone }
    const make = async () => [eventOf(await this.#cluster.patch(this.#node, { metadata: { labels } }))]
    const isShown = leadsTo(publicName('absent.shop', zone))
    return { kind: 'node', question: `${fed('absent.shop')} CNAME`, isShown, make }
  }
}
