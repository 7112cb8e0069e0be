import type { Clock } from '../base/clock.ts'
import { FLAG, RCODE } from '../dns/constants.ts'
import { ADMIT, Gate } from '../dns/gate.ts'
import { rejection } from '../dns/reply.ts'
import { RateLimit, type RateLimitSettings } from './rate-limit.ts'
import type { Respond } from './responder.ts'

const MAX_CLIENTS_KNOWN = 4096

interface Policy extends RateLimitSettings {
  readonly isExempt: (client: string) => boolean
}

/**
 * Response rate limiting for UDP, before anything is worked out. Who is exempt is looked up once, so for them it is a look
 * into a set.
 */
export class ReplyLimiter {
  /** Queries that nothing was said to, and those that were told to come by TCP. */
  dropped = 0
  slipped = 0
  readonly #clock: Clock
  readonly #gate = new Gate()
  readonly #exempt = new Set<string>()
  #policy: Policy
  #limit: RateLimit

  constructor(policy: Policy, clock: Clock) {
    this.#clock = clock
    this.#policy = policy
    this.#limit = new RateLimit(policy)
  }

  /** From now on. */
  exchange(policy: Policy): void {
    this.#policy = policy
    this.#limit = new RateLimit(policy)
    this.#exempt.clear()
  }

  /** The same as `respond`, within the limit. */
  limited(respond: Respond): Respond {
    return (packet, client, carrier) => {
      if (this.#exempt.has(client) || this.#isExempt(client)) return respond(packet, client, carrier)
      const ruling = this.#limit.rule(client, this.#clock.now())
      if (ruling === 'send') return respond(packet, client, carrier)
      if (ruling === 'slip') return this.#slip(packet)
      this.dropped++
      return undefined
    }
  }

  // Only those that are: addresses that somebody made up would take their place.
  #isExempt(client: string): boolean {
    if (this.#policy.responsesPerSecond > 0 && !this.#policy.isExempt(client)) return false
    if (this.#exempt.size >= MAX_CLIENTS_KNOWN) this.#exempt.clear()
    this.#exempt.add(client)
    return true
  }

  // No longer than the query: the header and the question, and OPT if that was there.
  #slip(packet: Buffer): Buffer | undefined {
    if (this.#gate.admit(packet) !== ADMIT) {
      this.dropped++
      return undefined
    }
    this.slipped++
    const reply = rejection(packet, this.#gate, RCODE.NOERROR)
    reply[2] = (reply[2] as number) | (FLAG.TC >> 8)
    return reply
  }
}
