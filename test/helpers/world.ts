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
import { RCODE } from '../../lib/dns/constants.ts'
import type { Image } from '../../lib/dns/image.ts'
import { Forwarding } from '../../lib/forward/forwarding.ts'
import type { Lifetimes } from '../../lib/forward/relay.ts'
import { longestSuffix } from '../../lib/forward/route.ts'
import type { Policy } from '../../lib/forward/select.ts'
import { blocking } from '../../lib/policy/block.ts'
import { withoutAaaa } from '../../lib/policy/no-aaaa.ts'
import { firstVerdict, type Verdict } from '../../lib/policy/verdict.ts'
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
  /** The upstreams for everything else, by name; one, called `main`, if nothing is said. */
  readonly upstreams?: readonly string[]
  /** Whether these are servers of the public Internet. */
  readonly publicUpstreams?: boolean
  readonly policy?: Policy
  readonly failover?: readonly number[]
  readonly lifetimes?: Partial<Lifetimes>
  readonly maxStaleMs?: number
  readonly cacheEntries?: number
  readonly prefetches?: boolean
  readonly keepPositive?: readonly string[]
  readonly block?: Readonly<Record<string, 'nxdomain' | 'nodata' | 'refuse'>>
  readonly noAAAA?: readonly string[]
  readonly maxInFlight?: number
  readonly graceMs?: number
}

/** How a question is put, beside its name and type. */
export interface AskOptions {
  readonly dnssecOk?: boolean
  readonly checkingDisabled?: boolean
  readonly recursionDesired?: boolean
  readonly from?: string
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
  readonly upstreams: ReadonlyMap<string, ScriptedUpstream>
  readonly stubs: ReadonlyMap<string, ScriptedUpstream>
  readonly cache: MessageCache
  readonly forwarding: Forwarding
  readonly directory: Directory
  readonly responder: Responder
  #id = 0

  constructor(options: WorldOptions = {}) {
    const generations = new Generations()
    const { clock } = this
    this.stubs = new Map((options.stubs ?? []).map((domain) => [domain, new ScriptedUpstream(domain, clock)]))
    const health = { minReady: 1, leaveAfterMs: 0, returnAfterMs: 0, ...options.health }
    this.directory = new Directory({ clock, generations, health })
    const { upstreams = ['main'], publicUpstreams = false, policy = 'sequential' } = options
    this.upstreams = new Map(upstreams.map((name) => [name, new ScriptedUpstream(name, clock, publicUpstreams)]))
    this.cache = cacheOf(options)
    this.forwarding = forwardingOf(options, this.cache, clock)
    const routes = [...this.stubs].map(([domain, stub]) => ({ domain: parseName(domain), policy, upstreams: [stub] }))
    const everything = { domain: ROOT, policy, upstreams: [...this.upstreams.values()] }
    const routeOf = longestSuffix([everything, ...routes])
    const verdict = verdictOf(options)
    const resolve = resolverChain({
      settings: settingsOf(options),
      directory: this.directory,
      locate: () => this.#locate(options.scope ?? 'zone'),
      clock,
      graceEndsAtMs: clock.now() + (options.graceMs ?? 10_000),
      forward: this.forwarding.by(routeOf),
      routeOf,
      verdict,
      leaks: (name) => routeOf(name) === everything && publicUpstreams,
      onRuling: () => {},
      cameBack: () => undefined,
    })
    const images = new BoundedMap<Image>({ maxEntries: 1000, maxBytes: 1_000_000 })
    const service = { resolve, allows: () => true, images, prefetches: options.prefetches ?? true }
    const onFault = (error: unknown) => {
      throw error
    }
    const { maxInFlight = 100 } = options
    this.responder = new Responder({ service, clock, generations, maxInFlight, deadlineMs: 1800, onFault })
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
  async ask(name: string, type = 'A', options: AskOptions = {}): Promise<Reply> {
    const upstreams = [...this.upstreams.values(), ...this.stubs.values()]
    for (const upstream of upstreams) upstream.asked = []
    const startMs = this.clock.now()
    const bytes = await this.#respond(queryOf(name, type, ++this.#id, options), options.from)
    // What is asked on the side has begun by then.
    await turns(TURNS)
    const message = packet.decode(bytes)
    const isOne = this.upstreams.size === 1
    const flags = message.flags ?? 0
    const additionals = message.additionals ?? []
    return {
      rcode: RCODES[flags & 0xf] ?? String(flags & 0xf),
      aa: (flags & packet.AUTHORITATIVE_ANSWER) !== 0,
      answer: (message.answers ?? []).map(lineOf),
      authority: (message.authorities ?? []).map(lineOf),
      additional: additionals.filter(({ type }) => type !== 'OPT').map(lineOf),
      ede: additionals.flatMap((record) => (record.type === 'OPT' ? edeOf(record.options) : [])),
      asked: upstreams.flatMap(({ label, asked }) => asked.map((line) => (isOne ? line : `${label} ${line}`))),
      tookMs: this.clock.now() - startMs,
    }
  }

  async #respond(query: Buffer, from = '127.0.0.1'): Promise<Buffer> {
    const reply = this.responder.respond(query, from, false)
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

function queryOf(name: string, type: string, id: number, options: AskOptions): Buffer {
  const { dnssecOk = false, checkingDisabled = false, recursionDesired = true } = options
  const questions = [{ name: name.replace(/\.$/, ''), type: type as RecordType }]
  const edns = { extendedRcode: 0, ednsVersion: 0, flag_do: dnssecOk, options: [] }
  const opt = { type: 'OPT' as const, name: '.' as const, udpPayloadSize: 1232, flags: dnssecOk ? 0x8000 : 0, ...edns }
  const flags = (recursionDesired ? packet.RECURSION_DESIRED : 0) | (checkingDisabled ? packet.CHECKING_DISABLED : 0)
  return packet.encode({ type: 'query', id, flags, questions, additionals: [opt] })
}

const cacheOf = ({ cacheEntries = 1000, maxStaleMs = 86_400_000 }: WorldOptions): MessageCache =>
  new MessageCache({ maxEntries: cacheEntries, maxBytes: 1_000_000, maxStaleMs })

const forwardingOf = (options: WorldOptions, cache: MessageCache, clock: MovedClock): Forwarding =>
  new Forwarding({
    cache,
    lifetimes: { minTtl: 0, maxTtl: 86_400_000, maxNegativeTtl: 3_600_000, ...options.lifetimes },
    keepPositive: (options.keepPositive ?? []).map(parseName),
    failover: options.failover ?? [RCODE.SERVFAIL, RCODE.REFUSED, RCODE.NOTIMP, RCODE.FORMERR],
    clock,
    random: () => 7,
    onExchange: () => {},
    onSilent: () => {},
    onDown: () => {},
    onBack: () => {},
  })

function verdictOf({ block = {}, noAAAA = [] }: WorldOptions): Verdict {
  const rules = new Map(Object.entries(block).map(([domain, kind]) => [parseName(domain), kind]))
  return firstVerdict(blocking(rules), withoutAaaa(noAAAA.map(parseName)))
}

const edeOf = (options: readonly packet.PacketOpt[]): number[] =>
  options.flatMap((option) =>
    option.code === EDE_OPTION && 'data' in option && Buffer.isBuffer(option.data) ? [option.data.readUInt16BE(0)] : [],
  )
