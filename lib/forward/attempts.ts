import type { Clock } from '../base/clock.ts'
import { RCODE } from '../dns/constants.ts'
import type { Message } from '../dns/message.ts'
import type { Upstream } from './upstream.ts'

/** After so long without a reply another attempt is made; the first one is still listened to. */
const PATIENCE_MS = 500
const MAX_ATTEMPTS = 4

/** The end of all attempts: a reply, if only a failure that an upstream reported; or why there is none. */
export type Outcome =
  | { readonly message: Message; readonly upstream: Upstream }
  | { readonly fault: 'timeout' | 'network'; readonly error: unknown }

interface Options {
  readonly upstreams: readonly Upstream[]
  readonly ask: (upstream: Upstream, signal: AbortSignal) => Promise<Message>
  readonly clock: Clock
  readonly deadlineMs: number
}

/**
 * Asks one upstream after the other. The next one gets its turn when one fails, at once, or when it is slow; an upstream
 * that failed is not asked again. The first useful reply ends everything; the deadline does so in any case.
 */
export function attempts(options: Options): Promise<Outcome> {
  return new Attempts(options).run()
}

const isUseful = ({ rcode }: Message): boolean => rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN

class Attempts {
  readonly #options: Options
  readonly #abort = new AbortController()
  readonly #ended = Promise.withResolvers<Outcome>()
  readonly #failed = new Set<Upstream>()
  #made = 0
  #running = 0
  #cancelPatience: () => void = () => {}
  #worst: Outcome = { fault: 'timeout', error: new Error('no reply in time') }

  constructor(options: Options) {
    this.#options = options
  }

  run(): Promise<Outcome> {
    const { clock, deadlineMs } = this.#options
    const cancelDeadline = clock.after(Math.max(0, deadlineMs - clock.now()), () => this.#ended.resolve(this.#worst))
    this.#next()
    return this.#ended.promise.finally(() => {
      cancelDeadline()
      this.#cancelPatience()
      this.#abort.abort()
    })
  }

  #next(): void {
    this.#cancelPatience()
    const upstream = this.#made < MAX_ATTEMPTS ? this.#choose() : undefined
    if (upstream === undefined) {
      if (this.#running === 0) this.#ended.resolve(this.#worst)
      return
    }
    this.#made++
    this.#running++
    this.#cancelPatience = this.#options.clock.after(PATIENCE_MS, () => this.#next())
    void this.#ask(upstream)
  }

  // In the order of the list, round and round, without those that failed.
  #choose(): Upstream | undefined {
    const { upstreams } = this.#options
    for (let i = 0; i < upstreams.length; i++) {
      const upstream = upstreams[(this.#made + i) % upstreams.length]
      if (upstream !== undefined && !this.#failed.has(upstream)) return upstream
    }
    return undefined
  }

  async #ask(upstream: Upstream): Promise<void> {
    try {
      const message = await this.#options.ask(upstream, this.#abort.signal)
      if (isUseful(message)) return this.#ended.resolve({ message, upstream })
      this.#worst = { message, upstream }
    } catch (error) {
      if (this.#abort.signal.aborted) return
      if (!('message' in this.#worst)) this.#worst = { fault: 'network', error }
    } finally {
      this.#running--
    }
    this.#failed.add(upstream)
    this.#next()
  }
}
