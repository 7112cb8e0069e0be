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

  /** Forgets all others, which close when what is under way has had its time. */
  keepOnly(these: readonly Upstream[]): void {
    for (const open of this.#open.values()) if (!these.includes(open.upstream)) this.#drop(open)
  }

  /** The same for all but what others have taken over; where nobody comes after, they close now. */
  close(after?: Upstreams): void {
    const kept = new Set(after?.all)
    for (const open of this.#open.values()) {
      if (after === undefined) open.close()
      else if (!kept.has(open.upstream)) this.#drop(open)
    }
  }

  #drop({ upstream: { label }, close }: Open): void {
    const { counters, drains } = this.#options.runtime
    this.#open.delete(label)
    counters.releaseUpstream(label)
    drains.add(close)
  }

  #make(server: Server, label: string): Open {
    const transport = openTransport(server, label, this.#options)
    const isPublic = isPublicAddress(server.host)
    const upstream = upstreamOver({ label, isPublic, isReliable: server.protocol !== 'dns' }, transport)
    return { upstream, close: () => transport.close() }
  }
}

const settingsOf = ({ ca, randomizeCase }: OpenOptions): string => JSON.stringify([ca, randomizeCase])
