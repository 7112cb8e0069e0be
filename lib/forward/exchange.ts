import type { Clock } from '../base/clock.ts'
import type { Random16 } from '../base/random.ts'
import type { Query } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'
import type { Message } from '../dns/message.ts'
import { encodeUpstreamQuery } from '../dns/upstream-query.ts'
import type { Upstream } from './upstream.ts'

const WITHOUT_EDNS_MS = 600_000

export interface ExchangeOptions {
  readonly clock: Clock
  readonly random: Random16
  /** An upstream was asked and this came of it after so long; for metrics and the log. */
  readonly onExchange: (upstream: Upstream, result: Message | Error, tookMs: number) => void
}

/** One question to one upstream, and what that says of the upstream's health. */
export class Exchange {
  readonly upstream: Upstream
  readonly #startedMs: number
  readonly #options: ExchangeOptions
  #isLate = false

  constructor(upstream: Upstream, options: ExchangeOptions) {
    this.upstream = upstream
    this.#options = options
    this.#startedMs = options.clock.now()
    upstream.health.askedAtMs = this.#startedMs
  }

  /** A reply takes longer than it should. */
  late(): void {
    if (this.#isLate) return
    this.#isLate = true
    this.upstream.health.failed()
  }

  /** Asks. That nobody waits any more, as the signal tells, says nothing of the upstream. */
  async run(query: Query, signal: AbortSignal): Promise<Message> {
    const { health } = this.upstream
    const { clock, onExchange } = this.#options
    try {
      const message = await this.#ask(query, signal)
      const tookMs = clock.now() - this.#startedMs
      if (COUNT_AGAINST.has(message.rcode)) health.heard()
      else if (this.#isLate) health.repliedLate(tookMs)
      else health.replied(tookMs)
      onExchange(this.upstream, message, tookMs)
      return message
    } catch (error) {
      if (!signal.aborted) this.#lost(error)
      throw error
    }
  }

  /** No reply came in all the time that there was. */
  silent(): void {
    this.#lost(new Error('no reply in time'))
  }

  #lost(error: unknown): void {
    this.late()
    this.upstream.health.silent()
    const tookMs = this.#options.clock.now() - this.#startedMs
    this.#options.onExchange(this.upstream, error instanceof Error ? error : new Error(String(error)), tookMs)
  }

  // A server that does not know EDNS (RFC 6891 §7) has no OPT in its reply; it is remembered for a while.
  async #ask(query: Query, signal: AbortSignal): Promise<Message> {
    const { clock, random } = this.#options
    const { health } = this.upstream
    const send = (edns: boolean) =>
      this.upstream.exchange({ bytes: encodeUpstreamQuery(query, { id: random(), edns }), signal })
    if (clock.now() < health.withoutEdnsUntilMs) return send(false)
    const message = await send(true)
    const mayNotKnowEdns = message.rcode === RCODE.FORMERR || message.rcode === RCODE.NOTIMP
    if (!mayNotKnowEdns || message.opt !== undefined) return message
    const plain = await send(false)
    if (plain.rcode !== message.rcode) health.withoutEdnsUntilMs = clock.now() + WITHOUT_EDNS_MS
    return plain
  }
}

/** Rcodes that count against an upstream, if another one knew better. Others may be the right answer to a question. */
export const COUNT_AGAINST: ReadonlySet<number> = new Set([RCODE.SERVFAIL, RCODE.REFUSED])
