import type { Clock } from '../base/clock.ts'
import type { EndSignal } from '../base/ending.ts'
import type { Random16 } from '../base/random.ts'
import type { Query } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'
import type { Message } from '../dns/message.ts'
import type { Name } from '../dns/name.ts'
import { randomCase } from '../dns/random-case.ts'
import { encodeUpstreamQuery } from '../dns/upstream-query.ts'
import type { Upstream } from './upstream.ts'

const WITHOUT_EDNS_MS = 600_000
const AFRAID_OF_EDNS: ReadonlySet<number> = new Set([RCODE.FORMERR, RCODE.NOTIMP])

/** Rcodes that count against an upstream, if another one knew better. Others may be the right answer to a question. */
export const COUNT_AGAINST: ReadonlySet<number> = new Set([RCODE.SERVFAIL, RCODE.REFUSED])

const NO_REPLY = new Error('no reply in time')

export interface ExchangeOptions {
  /** Whether the letter case of names is drawn. */
  readonly randomizeCase: boolean
  /** Labels of the upstreams that are believed when they say that they have validated. */
  readonly trustAd: ReadonlySet<string>
  readonly clock: Clock
  readonly random: Random16
  /** An upstream was asked and this came of it after so long; for metrics and the log. */
  readonly onExchange: (upstream: Upstream, result: Message | Error, tookMs: number) => void
  /** Nobody may be at an upstream of a domain's route. */
  readonly onDoubt: (upstream: Upstream, domain: Name) => void
  /** An upstream that was down has replied. */
  readonly onBack: (upstream: Upstream) => void
}

/** One question to one upstream, and what that says of the upstream's health. */
export class Exchange {
  readonly upstream: Upstream
  readonly startedMs: number
  readonly #domain: Name
  readonly #options: ExchangeOptions
  #isLate = false

  /** `domain` is that of the route. */
  constructor(upstream: Upstream, domain: Name, options: ExchangeOptions) {
    this.upstream = upstream
    this.#domain = domain
    this.#options = options
    this.startedMs = options.clock.now()
    upstream.health.askedAtMs = this.startedMs
  }

  /** A reply takes longer than it should. */
  late(): void {
    if (this.#isLate) return
    this.#isLate = true
    this.upstream.health.late()
    this.#doubt()
  }

  /** Asks. That nobody waits any more, as the signal tells, says nothing of the upstream. */
  async run(query: Query, signal: EndSignal): Promise<Message> {
    const { health } = this.upstream
    const knowsEdns = this.startedMs >= health.withoutEdnsUntilMs
    try {
      const message = await this.#send(query, signal, knowsEdns)
      // A server that does not know EDNS (RFC 6891 §7) has no OPT in its reply.
      const isAfraidOfEdns = knowsEdns && message.opt === undefined && AFRAID_OF_EDNS.has(message.rcode)
      return this.#heard(isAfraidOfEdns ? await this.#sendPlain(query, signal, message) : message)
    } catch (error) {
      if (!signal.aborted) this.#lost(error)
      throw error
    }
  }

  /** No reply came in all the time that there was. */
  silent(): void {
    this.#lost(NO_REPLY)
  }

  #send(query: Query, signal: EndSignal, edns: boolean): Promise<Message> {
    const { random, randomizeCase, trustAd } = this.#options
    const asked = randomizeCase ? { ...query, spelling: randomCase(Buffer.from(query.name, 'latin1'), random) } : query
    const bytes = encodeUpstreamQuery(asked, { id: random(), edns, wantsAd: trustAd.has(this.upstream.label) })
    return this.upstream.exchange({ bytes, signal })
  }

  // Where that helps it is remembered for a while.
  async #sendPlain(query: Query, signal: EndSignal, { rcode }: Message): Promise<Message> {
    const message = await this.#send(query, signal, false)
    if (message.rcode !== rcode) this.upstream.health.withoutEdnsUntilMs = this.#options.clock.now() + WITHOUT_EDNS_MS
    return message
  }

  #heard(message: Message): Message {
    const { health } = this.upstream
    const nowMs = this.#options.clock.now()
    const tookMs = nowMs - this.startedMs
    // It was not asked because somebody thought that it would reply.
    if (health.isDown) this.#options.onBack(this.upstream)
    else if (COUNT_AGAINST.has(message.rcode)) health.heard()
    else if (this.#isLate) health.repliedLate(tookMs)
    else health.replied(tookMs, nowMs)
    this.#options.onExchange(this.upstream, message, tookMs)
    return message
  }

  #lost(error: unknown): void {
    this.late()
    this.upstream.health.silent()
    const tookMs = this.#options.clock.now() - this.startedMs
    this.#options.onExchange(this.upstream, error instanceof Error ? error : new Error(String(error)), tookMs)
    this.#doubt()
  }

  #doubt(): void {
    if (this.upstream.health.isDoubted) this.#options.onDoubt(this.upstream, this.#domain)
  }
}
