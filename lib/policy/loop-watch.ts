import type { Clock } from '../base/clock.ts'
import type { Name } from '../dns/name.ts'

interface Options {
  readonly clock: Clock
  /** How long a probe may be on its way. */
  readonly lifetimeMs: number
  /** At once; when there are more, the oldest is given up. */
  readonly maxProbes: number
}

interface Probe {
  readonly upstreamLabel: string
  readonly endsAtMs: number
}

/** Knows the probes that are under way, and which upstream each was sent to. */
export class LoopWatch {
  // In the order in which they end: all live equally long.
  readonly #probes = new Map<Name, Probe>()
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  get underWay(): number {
    return this.#probes.size
  }

  /** From now on `name` is known. To be called before it is sent. */
  begin(name: Name, upstreamLabel: string): void {
    const { clock, lifetimeMs, maxProbes } = this.#options
    this.#probes.delete(name)
    for (const oldest of this.#probes.keys()) {
      if (this.#probes.size < maxProbes) break
      this.#probes.delete(oldest)
    }
    this.#probes.set(name, { upstreamLabel, endsAtMs: clock.now() + lifetimeMs })
  }

  /** The upstream that a query for this name was sent to, and came back from; it may come back more than once. */
  seen(name: Name): string | undefined {
    if (this.#probes.size === 0) return undefined
    this.#forget()
    return this.#probes.get(name)?.upstreamLabel
  }

  #forget(): void {
    const nowMs = this.#options.clock.now()
    for (const [name, { endsAtMs }] of this.#probes) {
      if (nowMs < endsAtMs) return
      this.#probes.delete(name)
    }
  }
}
