import type { Clock } from '../base/clock.ts'
import type { Random16 } from '../base/random.ts'
import type { Resolve } from '../dns/answer.ts'
import type { Name } from '../dns/name.ts'
import type { ExchangeOptions } from './exchange.ts'
import { Admission } from './admission.ts'
import { Failures } from './failures.ts'
import { forwarder } from './forward.ts'
import { Inquiries } from './inquiries.ts'
import type { MessageCache } from './message-cache.ts'
import { Prober } from './prober.ts'
import type { Lifetimes } from './relay.ts'
import type { Route } from './route.ts'
import type { Upstream } from './upstream.ts'

interface Options {
  readonly cache: MessageCache
  readonly lifetimes: Lifetimes
  readonly keepPositive: readonly Name[]
  /** Rcodes that pass a question on to the next upstream. */
  readonly failover: readonly number[]
  readonly randomizeCase: boolean
  /** Labels of the upstreams that are believed when they say that they have validated. */
  readonly trustAd: ReadonlySet<string>
  /** Queries that may wait for upstreams at a time. */
  readonly maxWaiting: number
  /** A query was refused because too many wait. */
  readonly onOverload: () => void
  readonly clock: Clock
  readonly random: Random16
  readonly onExchange: ExchangeOptions['onExchange']
  /** A probe found nobody at an upstream. */
  readonly onSilent: (upstream: Upstream) => void
  /** Nobody is at an upstream any more. */
  readonly onDown: (upstream: Upstream) => void
  /** Somebody is again. */
  readonly onBack: (upstream: Upstream) => void
}

/** What is shared by all routes: what failed lately, who is asked, and who is probed. */
export class Forwarding {
  readonly #options: Options
  readonly #prober: Prober
  #isStopped = false
  readonly failures = new Failures()
  readonly inquiries: Inquiries
  readonly admission: Admission

  constructor(options: Options) {
    this.admission = new Admission(options.maxWaiting, options.onOverload)
    const { clock, random, failover, onExchange, onSilent, onDown } = options
    this.#options = options
    const onBack = (upstream: Upstream) => {
      // What it did not answer is not held against those who ask now.
      this.failures.clear()
      options.onBack(upstream)
    }
    this.#prober = new Prober({ clock, random, onSilent, onDown, onBack })
    this.inquiries = new Inquiries({
      failover: new Set(failover),
      randomizeCase: options.randomizeCase,
      trustAd: options.trustAd,
      clock,
      random,
      onExchange,
      onDoubt: (upstream, domain) => this.#prober.look(upstream, domain),
      onBack: (upstream) => this.#prober.back(upstream),
    })
  }

  /** Answers names by the routes that they have. */
  by(routeOf: (name: Name) => Route | undefined): Resolve {
    return forwarder({
      ...this.#options,
      mayKeep: () => !this.#isStopped,
      routeOf,
      failures: this.failures,
      inquiries: this.inquiries,
      admission: this.admission,
    })
  }

  /** Goes on probing the upstreams of a route that were not well when somebody else had them. */
  takeOver({ upstreams, domain }: Route): void {
    for (const upstream of upstreams) this.#prober.look(upstream, domain)
  }

  /** What is still under way is answered, and not kept: others may be asked about it now. */
  stop(): void {
    this.#isStopped = true
    this.#prober.stop()
  }
}
