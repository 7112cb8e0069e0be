import { BoundedMap } from '../../lib/base/bounded-map.ts'
import { Generations } from '../../lib/base/generations.ts'
import { Directory } from '../../lib/cluster/directory.ts'
import { type Location, locationOfNode, type LocationScope, narrowed } from '../../lib/cluster/location.ts'
import type { ClusterObject } from '../../lib/cluster/objects.ts'
import { slim } from '../../lib/cluster/slim.ts'
import { type Name, parseName, ROOT } from '../../lib/dns/name.ts'
import type { Image } from '../../lib/dns/image.ts'
import type { Forwarding } from '../../lib/forward/forwarding.ts'
import type { MessageCache } from '../../lib/forward/message-cache.ts'
import { longestSuffix, type Route } from '../../lib/forward/route.ts'
import { resolverChain } from '../../lib/resolve/chain.ts'
import { Responder } from '../../lib/server/responder.ts'
import { cacheView } from '../../cmd/resolver/cache-view.ts'
import type { RunningForwarding } from '../../cmd/resolver/forwarding.ts'
import { findLoops, type Loops } from '../../cmd/resolver/loops.ts'
import { MovedClock, settled } from './moved-clock.ts'
import type { KubernetesObject } from './objects.ts'
import { type AskOptions, queryOf, type SeenReply, seenReply } from './scripted-question.ts'
import { ScriptedUpstream } from './scripted-upstream.ts'
import {
  allowsOf,
  cacheOf,
  forwardingOf,
  repeatableRandom,
  settingsOf,
  verdictOf,
  type WorldOptions,
} from './world-parts.ts'
import { TCP, UDP } from '../../lib/server/carrier.ts'

export interface Reply extends SeenReply {
  /** What upstreams were asked since the question came. */
  readonly asked: readonly string[]
  readonly tookMs: number
}

/** A question that was asked, and may have its answer. */
export interface Begun {
  readonly startMs: number
  reply?: SeenReply
  tookMs?: number
}

// As many as the longest chain of promises between two timers may need.
const TURNS = 8
async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await settled()
}

const STEP_MS = 10
const PATIENCE_MS = 5000

/** The whole resolver but for sockets: real chain, real bytes, a clock that is moved, upstreams that follow a script. */
export class World {
  readonly clock = new MovedClock()
  /** By name, those of all routes. */
  readonly upstreams: ReadonlyMap<string, ScriptedUpstream>
  readonly routes: readonly Route[]
  readonly cache: MessageCache
  readonly forwarding: Forwarding
  readonly directory: Directory
  readonly responder: Responder
  /** What an operator is told. */
  readonly log: string[] = []
  readonly #random = repeatableRandom(7)
  readonly #loops: Loops
  readonly #isAlone: boolean
  #id = 0

  constructor(options: WorldOptions = {}) {
    const generations = new Generations()
    const { clock } = this
    const health = { minReady: 1, leaveAfterMs: 0, returnAfterMs: 0, ...options.health }
    this.directory = new Directory({ clock, generations, health })
    this.upstreams = upstreamsOf(options, clock)
    this.#isAlone = (options.upstreams ?? []).length < 2 && options.routes === undefined
    this.routes = routesOf(options, this.upstreams)
    this.cache = cacheOf(options)
    const log = (line: string) => void this.log.push(line)
    this.#loops = this.#findLoops()
    const lookForLoops = () => this.#loops.lookAgain()
    this.forwarding = forwardingOf(options, { cache: this.cache, clock, random: this.#random, log, lookForLoops })
    const routeOf = longestSuffix(this.routes)
    const resolve = resolverChain({
      settings: settingsOf(options),
      directory: this.directory,
      locate: () => this.#locate(options.scope ?? 'zone'),
      clock,
      graceEndsAtMs: clock.now() + (options.graceMs ?? 10_000),
      forward: this.forwarding.by(routeOf),
      routeOf,
      verdict: verdictOf(options),
      leaks: (name) => leaks(routeOf(name)),
      onRuling: () => {},
      cameBack: (name) => this.#loops.cameBack(name),
    })
    const images = new BoundedMap<Image>({ maxEntries: 1000, maxBytes: 1_000_000 })
    const service = { resolve, allows: allowsOf(options), images, prefetches: options.prefetches ?? true }
    const onFault = (error: unknown) => {
      throw error
    }
    this.responder = new Responder({ service, clock, generations, deadlineMs: 1800, onFault })
    for (const upstream of this.upstreams.values()) {
      upstream.ourselves = (bytes) => this.#comeBack(bytes)
    }
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

  /** The upstreams of the names at and below a domain. */
  upstreamsOf(domain: string): readonly ScriptedUpstream[] {
    const route = this.routes.find((one) => one.domain === parseName(domain))
    return [...this.upstreams.values()].filter((upstream) => route?.upstreams.includes(upstream))
  }

  /** We listen: upstreams that lead back here can be found. */
  listen(): void {
    this.#loops.look(this.routes)
  }

  /** As the operator's purge does. */
  forget(name: Name, andBelow: boolean): void {
    const forwarding = () => ({ cache: this.cache, shared: this.forwarding }) as RunningForwarding
    const images = () => this.responder.images
    cacheView({ forwarding, images, nowMs: () => this.clock.now() }).purge(name, andBelow)
  }

  /** Asks over TCP, with EDNS, so that the whole answer and every error is seen; time moves on while nobody answers. */
  async ask(name: string, type = 'A', options: AskOptions = {}): Promise<Reply> {
    const mark = this.mark()
    const begun = this.begin(name, type, options)
    await this.finish([begun])
    if (begun.reply === undefined) throw new Error('no reply')
    return { ...begun.reply, asked: this.askedSince(mark), tookMs: begun.tookMs ?? 0 }
  }

  begin(name: string, type = 'A', { from = '127.0.0.1', ...options }: AskOptions = {}): Begun {
    const begun: Begun = { startMs: this.clock.now() }
    const end = (bytes: Buffer) => {
      begun.reply = seenReply(bytes)
      begun.tookMs = this.clock.now() - begun.startMs
    }
    this.#id = (this.#id + 1) % 65_536
    const reply = this.responder.respond(queryOf(name, type, this.#id, options), from, TCP)
    if (reply instanceof Promise) void reply.then(end)
    else if (reply !== undefined) end(reply)
    return begun
  }

  /** Time moves on until all have their answer. */
  async finish(all: readonly Begun[]): Promise<void> {
    for (let waitedMs = 0; waitedMs <= PATIENCE_MS; waitedMs += STEP_MS) {
      // What is asked on the side has begun by then, too.
      await turns()
      if (all.every(({ reply }) => reply !== undefined)) return
      this.clock.advance(STEP_MS)
    }
    throw new Error('no reply')
  }

  /** How much each upstream has been asked by now. */
  mark(): ReadonlyMap<ScriptedUpstream, number> {
    return new Map([...this.upstreams.values()].map((upstream) => [upstream, upstream.asked.length]))
  }

  /** With the name of the upstream before each line where several are named. */
  askedSince(mark: ReadonlyMap<ScriptedUpstream, number>): readonly string[] {
    return [...mark].flatMap(([{ label, asked }, from]) =>
      asked.slice(from).map((line) => (this.#isAlone ? line : `${label} ${line}`)),
    )
  }

  async #comeBack(bytes: Buffer): Promise<Buffer> {
    await settled()
    const reply = await this.responder.respond(bytes, '127.0.0.1', UDP)
    if (reply === undefined) throw new Error('dropped')
    return reply
  }

  #findLoops(): Loops {
    const say = ({ upstream }: { readonly upstream: string }, text: string) =>
      void this.log.push(`${upstream}: ${text}`)
    const parts = { clock: this.clock, random: this.#random, log: { error: say, info: say } }
    return findLoops(parts as unknown as Parameters<typeof findLoops>[0])
  }

  #locate(scope: LocationScope): Location {
    const node = this.directory.node('n1')
    return narrowed(node === undefined ? {} : locationOfNode(node, () => {}), scope)
  }
}

function upstreamsOf(options: WorldOptions, clock: MovedClock): ReadonlyMap<string, ScriptedUpstream> {
  const { upstreams = ['main'], publicUpstreams = false, stubs = [], routes = [] } = options
  const all = new Map(upstreams.map((name) => [name, new ScriptedUpstream(name, clock, publicUpstreams)]))
  for (const name of [...stubs, ...routes.flatMap((route) => route.upstreams)]) {
    if (!all.has(name)) all.set(name, new ScriptedUpstream(name, clock))
  }
  return all
}

function routesOf(options: WorldOptions, all: ReadonlyMap<string, ScriptedUpstream>): readonly Route[] {
  const { upstreams = ['main'], policy = 'sequential', stubs = [], routes = [] } = options
  return [
    { domain: '.', upstreams, policy },
    ...stubs.map((domain) => ({ domain, upstreams: [domain], policy })),
    ...routes.map((route) => ({ policy, ...route })),
  ].map((route) => ({
    domain: route.domain === '.' ? ROOT : parseName(route.domain),
    policy: route.policy,
    upstreams: route.upstreams.flatMap((name) => all.get(name) ?? []),
  }))
}

// As for the real one: other routes than the one for everything are there because the operator said so.
const leaks = (route: Route | undefined): boolean =>
  route?.domain === ROOT && route.upstreams.some(({ isPublic }) => isPublic)
