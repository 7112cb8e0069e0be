import type { Config } from '../../lib/config/config.ts'
import type { ControlListener } from '../../lib/control/listen-control.ts'
import { messageOf } from '../../lib/base/error-text.ts'
import { formatName } from '../../lib/dns/name.ts'
import { type HttpListener, listenHttp } from '../../lib/observe/http.ts'
import { hostAndPort } from '../../lib/base/host-and-port.ts'
import { Responder, type Service } from '../../lib/server/responder.ts'
import { version } from '../version.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { buildDoors, type Doors } from './doors.ts'
import { type RunningForwarding, startForwarding } from './forwarding.ts'
import { resolverMetrics } from './metrics/resolver-metrics.ts'
import { openControl } from './open-control.ts'
import { replyPolicy } from './reply-policy.ts'
import type { Runtime } from './runtime.ts'
import { buildService } from './service.ts'

const DEADLINE_MS = 1800 // CoreDNS `forward` and c-ares give up at 2 s
const DRAIN_MS = 2000

/** What stays for the life of the process. */
interface Permanent {
  readonly responder: Responder
  readonly doors: Doors
  readonly metricsText: (withCorednsNames: boolean) => string
}

/** What one configuration made. */
interface Running extends Permanent {
  readonly config: Config
  readonly cluster: Cluster
  readonly forwarding: RunningForwarding
  readonly http: HttpListener | undefined
  readonly control: ControlListener | undefined
}

/** The parts of a running resolver, and how one configuration takes the place of another. */
export class ResolverProcess {
  readonly #runtime: Runtime
  #running: Running | undefined
  #stopping = false

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /**
   * Makes this the configuration: what is new is ready before what is old goes, and what stays the same is not touched.
   * Rejects, with everything as it was, if it cannot be done.
   */
  async apply(config: Config): Promise<void> {
    const before = this.#running
    const cluster = await startCluster(config, before?.cluster, this.#runtime, () => this.#warnOfNamesakes())
    try {
      const forwarding = startForwarding(config, cluster, before?.forwarding, this.#runtime)
      await this.#exchange(config, cluster, forwarding)
    } catch (error) {
      if (cluster !== before?.cluster) await cluster.stop(true)
      throw error
    }
  }

  async #exchange(config: Config, cluster: Cluster, forwarding: RunningForwarding): Promise<void> {
    const before = this.#running
    const service = buildService(config, cluster, forwarding, this.#runtime)
    const permanent = before ?? this.#permanent(service, { config, cluster, forwarding })
    const open = await this.#open(config, permanent, forwarding).catch((error: unknown) => {
      if (forwarding !== before?.forwarding) forwarding.stop(before?.forwarding)
      throw error
    })
    permanent.responder.exchange(service)
    permanent.doors.limiter.exchange(replyPolicy(config))
    forwarding.takeEffect()
    this.#running = { ...permanent, config, cluster, forwarding, ...open }
    if (before !== undefined) await this.#letGo(before, this.#running)
    forwarding.loops.look(forwarding.routes)
    this.#logListening(this.#running)
    this.#warnOfNamesakes()
  }

  /** Unready, and still answering for the lame-duck time; then lets what is under way finish, and closes. */
  async stop({
    lameDuckMs = this.#running?.config.lameDuckMs ?? 0,
  }: {
    lameDuckMs: number | undefined
  }): Promise<void> {
    const { log, clock } = this.#runtime
    this.#stopping = true
    log.info({ lameDuckMs }, 'stopping')
    this.#running?.doors.streams.table.drain()
    if (lameDuckMs > 0) await new Promise<void>((resolve) => clock.after(lameDuckMs, resolve))
    await this.#end()
    log.info('stopped')
  }

  async #end(): Promise<void> {
    await this.#running?.doors.listeners.close(DRAIN_MS)
    this.#running?.forwarding.stop()
    this.#runtime.drains.end()
    await this.#running?.cluster.stop(false)
    await this.#running?.http?.close()
    await this.#running?.control?.close()
  }

  #permanent(service: Service, first: Pick<Running, 'config' | 'cluster' | 'forwarding'>): Permanent {
    const responder = this.#responder(service)
    const current = () => this.#running ?? first
    const doors = buildDoors(responder, first.config, this.#runtime)
    const metricsText = resolverMetrics({ runtime: this.#runtime, responder, doors, version, current })
    return { responder, doors, metricsText }
  }

  #responder(service: Service): Responder {
    const { clock, generations, warn } = this.#runtime
    const onFault = (error: unknown, name: string) =>
      warn('fault', 'a query failed because of a fault of ours', {
        name,
        error: error instanceof Error ? error.stack : messageOf(error),
      })
    return new Responder({
      service,
      clock,
      generations,
      deadlineMs: DEADLINE_MS,
      onFault: (error, query) => onFault(error, formatName(query.name)),
    })
  }

  // All listening sockets of a configuration, or none of its own.
  async #open(
    config: Config,
    { doors, metricsText, responder }: Permanent,
    first: RunningForwarding,
  ): Promise<Pick<Running, 'http' | 'control'>> {
    const before = this.#running
    const http = await this.#openHttp(config, metricsText)
    let control: ControlListener | undefined
    try {
      const forwarding = () => this.#running?.forwarding ?? first
      const runtime = this.#runtime
      control = await openControl({ path: config.control, before: before?.control, runtime, responder, forwarding })
      await changeDoors(doors, config)
    } catch (error) {
      if (http !== before?.http) await http?.close()
      if (control !== before?.control) await control?.close()
      throw error
    }
    return { http, control }
  }

  async #letGo(before: Running, now: Running): Promise<void> {
    if (before.forwarding !== now.forwarding) before.forwarding.stop(now.forwarding)
    if (before.cluster !== now.cluster) await before.cluster.stop(true)
    if (before.http !== now.http) await before.http?.close()
    if (before.control !== now.control) await before.control?.close()
  }

  // Names of pods in such a namespace may look like federated ones, and names that its pods ask for become such.
  #warnOfNamesakes(): void {
    if (this.#running === undefined) return
    const { config, cluster } = this.#running
    for (const federation of config.federations.keys()) {
      if (cluster.directory.hasNamespace(federation)) {
        this.#runtime.warn(`namesake ${federation}`, 'a namespace is called like a federation', { federation })
      }
    }
  }

  // The one there is, if its address stays the same.
  async #openHttp({ http }: Config, metricsText: Permanent['metricsText']): Promise<HttpListener | undefined> {
    const before = this.#running
    if (http === undefined) return undefined
    if (JSON.stringify(http) === JSON.stringify(before?.config.http)) return before?.http
    return listenHttp({
      ...http,
      metricsText: () => metricsText(this.#running?.config.metrics.corednsNames === true),
      notReady: () => this.#notReady(),
      onError: (error) => this.#runtime.warn('http', 'error of the HTTP socket', { error: error.message }),
    })
  }

  #notReady(): string[] {
    if (this.#stopping) return ['stopping']
    if (this.#running === undefined) return ['starting']
    const { cluster, config } = this.#running
    const isGraceOver = this.#runtime.clock.now() >= cluster.startedMs + config.source.grace
    return cluster.directory.synced || isGraceOver ? [] : ['the state of the cluster is not known']
  }

  #logListening({ config, doors, http, control }: Running): void {
    this.#runtime.log.info(
      {
        addresses: doors.listeners.addresses,
        ...(http && { http: hostAndPort(http.address) }),
        ...(control && { control: control.path }),
        federations: [...config.federations.values()].map(({ name, domain }) => `${name}=${formatName(domain)}`),
        version,
      },
      'listening',
    )
  }
}

// The identity as well, or neither.
async function changeDoors({ listeners, streams: { identity } }: Doors, { listen, tls }: Config): Promise<void> {
  const before = identity.credentials
  identity.exchange(tls)
  try {
    await listeners.change(listen, DRAIN_MS)
  } catch (error) {
    identity.exchange(before)
    throw error
  }
}
