import packet, { type RecordType } from 'dns-packet'
import { BoundedMap } from '../../lib/base/bounded-map.ts'
import { Generations } from '../../lib/base/generations.ts'
import { Directory } from '../../lib/cluster/directory.ts'
import type { HealthSettings } from '../../lib/cluster/health.ts'
import { type Location, locationOfNode, type LocationScope, narrowed } from '../../lib/cluster/location.ts'
import type { ClusterObject } from '../../lib/cluster/objects.ts'
import { slim } from '../../lib/cluster/slim.ts'
import { parseName, ROOT } from '../../lib/dns/name.ts'
import type { Federation, FederationSettings } from '../../lib/federation/settings.ts'
import { forwarder } from '../../lib/forward/forward.ts'
import { MessageCache } from '../../lib/forward/message-cache.ts'
import { resolverChain } from '../../lib/resolve/chain.ts'
import { Responder } from '../../lib/server/responder.ts'
import { MovedClock, settled } from './moved-clock.ts'
import type { KubernetesObject } from './objects.ts'
import { ScriptedUpstream } from './scripted-upstream.ts'
import { lineOf } from './zone-line.ts'

export interface WorldOptions {
  readonly federations?: Readonly<Record<string, string>>
  /** Federations without short names. */
  readonly longOnly?: readonly string[]
  readonly settings?: Partial<Pick<FederationSettings, 'publicNames' | 'style' | 'ttlSeconds' | 'redirectTtlSeconds'>>
  readonly health?: Partial<HealthSettings>
  readonly scope?: LocationScope
  /** Domains with an upstream of their own. */
  readonly stubs?: readonly string[]
  readonly graceMs?: number
}

export interface Reply {
  readonly rcode: string
  readonly aa: boolean
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
  readonly ede: readonly number[]
  /** What upstreams were asked for it. */
  readonly asked: readonly string[]
  readonly tookMs: number
}

const EDE_OPTION: unknown = 15
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
// As many as the longest chain of promises between two timers may need.
const TURNS = 8
const turns = async (count: number): Promise<undefined> => {
  for (let turn = 0; turn < count; turn++) await settled()
}

const STEP_MS = 10
const PATIENCE_MS = 5000

/** The whole resolver but for sockets: real chain, real bytes, a clock that is moved, upstreams that follow a script. */
export class World {
  readonly clock = new MovedClock()
  readonly upstream = new ScriptedUpstream('main', this.clock)
  readonly stubs: ReadonlyMap<string, ScriptedUpstream>
  readonly directory: Directory
  readonly responder: Responder
  #id = 0

  constructor(options: WorldOptions = {}) {
    const generations = new Generations()
    const { clock } = this
    this.stubs = new Map((options.stubs ?? []).map((domain) => [domain, new ScriptedUpstream(domain, clock)]))
    const health = { minReady: 1, leaveAfterMs: 0, returnAfterMs: 0, ...options.health }
    this.directory = new Directory({ clock, generations, health })
    const routes = [...this.stubs].map(([domain, stub]) => ({ domain: parseName(domain), upstreams: [stub] }))
    const { resolve: forward, routeOf } = forwarder({
      routes: [{ domain: ROOT, upstreams: [this.upstream] }, ...routes],
      cache: new MessageCache({ maxEntries: 1000, maxBytes: 1_000_000 }),
      clock,
      random: () => 7,
      onExchange: () => {},
    })
    const resolve = resolverChain({
      settings: settingsOf(options),
      directory: this.directory,
      locate: () => this.#locate(options.scope ?? 'zone'),
      clock,
      graceEndsAtMs: clock.now() + (options.graceMs ?? 10_000),
      forward,
      routeOf,
    })
    const images = new BoundedMap<never>({ maxEntries: 1000, maxBytes: 1_000_000 })
    const service = { resolve, allows: () => true, images }
    const onFault = (error: unknown) => {
      throw error
    }
    this.responder = new Responder({ service, clock, generations, maxInFlight: 100, deadlineMs: 1800, onFault })
  }

  /** Makes these the objects of the cluster. */
  cluster(...objects: KubernetesObject[]): void {
    const report = (problem: string) => {
      throw new Error(problem)
    }
    this.directory.replace(
      objects.map((object) => slim(object, report)).filter((object): object is ClusterObject => object !== undefined),
    )
  }

  /** Asks over TCP, with EDNS, so that the whole answer and every error is seen; time moves on while nobody answers. */
  async ask(name: string, type = 'A'): Promise<Reply> {
    const upstreams = [this.upstream, ...this.stubs.values()]
    for (const upstream of upstreams) upstream.asked = []
    const startMs = this.clock.now()
    const bytes = await this.#respond(queryOf(name, type, ++this.#id))
    const message = packet.decode(bytes)
    const flags = message.flags ?? 0
    const additionals = message.additionals ?? []
    return {
      rcode: RCODES[flags & 0xf] ?? String(flags & 0xf),
      aa: (flags & packet.AUTHORITATIVE_ANSWER) !== 0,
      answer: (message.answers ?? []).map(lineOf),
      authority: (message.authorities ?? []).map(lineOf),
      additional: additionals.filter(({ type }) => type !== 'OPT').map(lineOf),
      ede: additionals.flatMap((record) => (record.type === 'OPT' ? edeOf(record.options) : [])),
      asked: upstreams.flatMap((upstream) => upstream.asked),
      tookMs: this.clock.now() - startMs,
    }
  }

  async #respond(query: Buffer): Promise<Buffer> {
    const reply = this.responder.respond(query, '127.0.0.1', false)
    if (reply === undefined || Buffer.isBuffer(reply)) return reply ?? Buffer.alloc(12)
    for (let waitedMs = 0; waitedMs <= PATIENCE_MS; waitedMs += STEP_MS) {
      const done = await Promise.race([reply, turns(TURNS)])
      if (done !== undefined) return done
      this.clock.advance(STEP_MS)
    }
    throw new Error('no reply')
  }

  #locate(scope: LocationScope): Location {
    const node = this.directory.node('n1')
    return narrowed(node === undefined ? {} : locationOfNode(node, () => {}), scope)
  }
}

function settingsOf({
  federations = { myfederation: 'example.com' },
  longOnly = [],
  settings,
}: WorldOptions): FederationSettings {
  const all = Object.entries(federations).map(([name, domain]): [string, Federation] => [
    name,
    { name, domain: parseName(domain), bare: !longOnly.includes(name) },
  ])
  return {
    clusterDomain: parseName('cluster.local'),
    federations: new Map(all),
    publicNames: 'zone',
    style: 'cname',
    ttlSeconds: 5,
    redirectTtlSeconds: 30,
    serial: 1,
    ...settings,
  }
}

function queryOf(name: string, type: string, id: number): Buffer {
  const questions = [{ name: name.replace(/\.$/, ''), type: type as RecordType }]
  const edns = { extendedRcode: 0, ednsVersion: 0, flag_do: false, options: [] }
  const opt = { type: 'OPT' as const, name: '.' as const, udpPayloadSize: 1232, flags: 0, ...edns }
  return packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions, additionals: [opt] })
}

const edeOf = (options: readonly packet.PacketOpt[]): number[] =>
  options.flatMap((option) =>
    option.code === EDE_OPTION && 'data' in option && Buffer.isBuffer(option.data) ? [option.data.readUInt16BE(0)] : [],
  )
