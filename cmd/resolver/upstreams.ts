import { isIP } from 'node:net'
import { formatServer, type Server } from '../../lib/config/server.ts'
import { isPublicAddress } from '../../lib/policy/public-address.ts'
import { upstreamOver } from '../../lib/forward/upstream-over.ts'
import type { Upstream } from '../../lib/forward/upstream.ts'
import { type OpenOptions, openTransport } from './open-transport.ts'

interface Open {
  readonly upstream: Upstream
  readonly close: () => void
}

/** The upstreams of a configuration: each server once, with what is known of it and the connections to it. */
export class Upstreams {
  readonly #options: OpenOptions
  #before: ReadonlyMap<string, Open>
  readonly #open = new Map<string, Open>()

  /** What stays the same is taken over from those before. */
  constructor(options: OpenOptions, before: Upstreams | undefined) {
    this.#options = options
    const isSame = before !== undefined && settingsOf(before.#options) === settingsOf(options)
    this.#before = isSame ? before.#open : new Map()
  }

  /** Everything that was to be taken over has been. */
  settle(): void {
    this.#before = new Map()
  }

  get(server: Server): Upstream {
    const label = formatServer(server)
    // A name is looked up by who is asked for names now.
    const before = isIP(server.host) === 0 ? undefined : this.#before.get(label)
    const open = this.#open.get(label) ?? before ?? this.#make(server, label)
    this.#open.set(label, open)
    return open.upstream
  }

  get all(): readonly Upstream[] {
    return [...this.#open.values()].map(({ upstream }) => upstream)
  }

  /** Closes and forgets all others. */
  keepOnly(these: readonly Upstream[]): void {
    for (const [label, { upstream, close }] of this.#open) {
      if (these.includes(upstream)) continue
      close()
      this.#open.delete(label)
      this.#options.runtime.counters.forget(label)
    }
  }

  /** Closes all but what others have taken over. */
  close(after?: Upstreams): void {
    const kept = new Set(after?.all)
    for (const { upstream, close } of this.#open.values()) if (!kept.has(upstream)) close()
  }

  #make(server: Server, label: string): Open {
    const transport = openTransport(server, label, this.#options)
    const isPublic = isPublicAddress(server.host)
    const upstream = upstreamOver({ label, isPublic, isReliable: server.protocol !== 'dns' }, transport)
    return { upstream, close: () => transport.close() }
  }
}

const settingsOf = ({ ca, randomizeCase }: OpenOptions): string => JSON.stringify([ca, randomizeCase])
