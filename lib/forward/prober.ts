import type { Clock } from '../base/clock.ts'
import type { Random16 } from '../base/random.ts'
import { sleep } from '../base/sleep.ts'
import { TYPE } from '../dns/constants.ts'
import { type Name, ROOT } from '../dns/name.ts'
import { encodeUpstreamQuery } from '../dns/upstream-query.ts'
import { hasReply } from './has-reply.ts'
import type { Upstream } from './upstream.ts'

const REPLY_MS = 1000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 4000

interface Options {
  readonly clock: Clock
  readonly random: Random16
  /** A probe found nobody. */
  readonly onSilent: (upstream: Upstream) => void
  /** The first of them did. */
  readonly onDown: (upstream: Upstream) => void
  readonly onBack: (upstream: Upstream) => void
}

/**
 * Finds out whether anybody is at an upstream that was silent, and goes on until somebody is. Any reply will do: what an
 * upstream replies is judged by what clients ask, not by a name that it may have no reason to know. One that is well is
 * never probed.
 */
export class Prober {
  readonly #options: Options
  readonly #probed = new Set<Upstream>()
  readonly #stopped = new AbortController()

  constructor(options: Options) {
    this.#options = options
  }

  /** Of an upstream for names at and below `domain`, that was just asked. */
  look(upstream: Upstream, domain: Name): void {
    if (!upstream.health.isDoubted || this.#probed.has(upstream) || this.#stopped.signal.aborted) return
    this.#probed.add(upstream)
    void this.#probe(upstream, domain).finally(() => this.#probed.delete(upstream))
  }

  /** Somebody is there, whoever found out. */
  back(upstream: Upstream): void {
    const { health } = upstream
    if (!health.isDown) return health.heard()
    health.back()
    this.#options.onBack(upstream)
  }

  stop(): void {
    this.#stopped.abort()
  }

  async #probe(upstream: Upstream, domain: Name): Promise<void> {
    const { clock, random, onDown } = this.#options
    const { health } = upstream
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const isThere = await this.#isThere(upstream, domain)
      if (this.#stopped.signal.aborted) return
      if (isThere || !health.isDoubted) return this.back(upstream)
      this.#options.onSilent(upstream)
      if (!health.isDown) onDown(upstream)
      health.down()
      // Not all nodes at once.
      await sleep(clock, pauseMs * (0.8 + (0.4 * random()) / 65_536), this.#stopped.signal)
    }
  }

  #isThere(upstream: Upstream, domain: Name): Promise<boolean> {
    const { clock, random } = this.#options
    const type = domain === ROOT ? TYPE.NS : TYPE.SOA
    const bytes = encodeUpstreamQuery(
      { name: domain, type, dnssecOk: false, checkingDisabled: false },
      { id: random(), edns: true },
    )
    return hasReply(upstream, bytes, { clock, timeoutMs: REPLY_MS, stopped: this.#stopped.signal })
  }
}
