import { BoundedMap, type Bounds } from '../base/bounded-map.ts'
import type { Query, RelayedAnswer } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'
import { isAtOrBelow, type Name } from '../dns/name.ts'
import { deniedTarget } from './denied-target.ts'
import { isNegativeAnswer } from './relay.ts'
import { type CacheKeys, cacheKeys, nameOfKey } from './cache-key.ts'

// Objects around the octets, by test/bench/weigh.ts.
const ENTRY_OVERHEAD_BYTES = 900
const RECORD_OVERHEAD_BYTES = 130

/** An answer that is kept. */
export interface Kept {
  readonly answer: RelayedAnswer
  readonly storedAtMs: number
  readonly expiresAtMs: number
  /** Who denied, and when first, what is known here; believed when somebody else says the same. */
  deniedBy?: { readonly label: string; readonly atMs: number }
}

/** What was asked and answered when. */
interface Arrived {
  readonly query: Query
  readonly nowMs: number
  /** Whether the upstream is to be believed about a name. */
  readonly isBelievedAbout: (name: Name) => boolean
}

interface Options extends Bounds {
  /** How long after its time an answer may still be sent (RFC 8767 §5: one to three days). */
  readonly maxStaleMs: number
}

/** Replies of upstreams for as long as their TTLs allow, and beyond that for when no upstream answers (RFC 8767). */
export class MessageCache {
  readonly #kept: BoundedMap<Kept>
  readonly #maxStaleMs: number
  hits = 0
  misses = 0
  stale = 0

  constructor({ maxStaleMs, ...bounds }: Options) {
    this.#kept = new BoundedMap(bounds, ({ answer }) => answer.uses.count)
    this.#maxStaleMs = maxStaleMs
  }

  get sizes(): { readonly entries: number; readonly bytes: number; readonly evictions: number } {
    return { entries: this.#kept.size, bytes: this.#kept.bytes, evictions: this.#kept.evictions }
  }

  /** How many of the messages are an answer, and how many say that there is none. */
  get kinds(): { readonly positive: number; readonly negative: number } {
    let negative = 0
    for (const [, { answer }] of this.#kept.entries()) if (isNegativeAnswer(answer.message)) negative++
    return { positive: this.#kept.size - negative, negative }
  }

  get({ exact, ofName }: CacheKeys, nowMs: number): Kept | undefined {
    const kept = fresh(this.#kept.get(exact), nowMs) ?? fresh(this.#kept.get(ofName), nowMs)
    if (kept === undefined) this.misses++
    else {
      this.hits++
      kept.answer.uses.count++
    }
    return kept
  }

  /** What was last known, though its time is over: a name that has ceased to exist since is not what it was. */
  getStale(keys: CacheKeys, nowMs: number): Kept | undefined {
    const exact = this.#kept.get(keys.exact)
    const ofName = this.#kept.get(keys.ofName)
    const latest =
      exact === undefined || (ofName !== undefined && ofName.storedAtMs > exact.storedAtMs) ? ofName : exact
    return latest !== undefined && nowMs < latest.expiresAtMs + this.#maxStaleMs ? latest : undefined
  }

  /**
   * What may not be kept still takes the place of what was. Behind an alias it is the name at the end that does not
   * exist (RFC 2308 §2.1); that is kept as well, if the upstream is to be believed about it.
   */
  set(keys: CacheKeys, answer: RelayedAnswer, of: Arrived): void {
    const { nowMs } = of
    this.#kept.delete(keys.exact)
    this.#kept.delete(keys.ofName)
    const expiresAtMs = Math.min(...answer.expiresAtMs, Number.POSITIVE_INFINITY)
    if (!answer.cacheable || expiresAtMs <= nowMs) return
    const isDenial = answer.rcode === RCODE.NXDOMAIN
    const hasAlias = isDenial && answer.message.records.some(({ section }) => section === 'answer')
    this.#keep(isDenial && !hasAlias ? keys.ofName : keys.exact, answer, nowMs, expiresAtMs)
    if (hasAlias) this.#keepDenied(answer, of)
  }

  #keepDenied(answer: RelayedAnswer, { query, nowMs, isBelievedAbout }: Arrived): void {
    // Whoever wants signatures wants those of that denial.
    const denied = query.dnssecOk ? undefined : deniedTarget(answer)
    if (denied === undefined || !isBelievedAbout(denied.name)) return
    const { ofName } = cacheKeys({ ...query, name: denied.name })
    this.#keep(ofName, denied.answer, nowMs, Math.min(...denied.answer.expiresAtMs))
  }

  /** Forgets what is kept of a name, or of all names at and below it. How many messages. */
  purge(name: Name, andBelow: boolean): number {
    const gone = [...this.#kept.entries()].filter(([key]) => {
      const owner = nameOfKey(key)
      return owner === name || (andBelow && isAtOrBelow(owner, name))
    })
    for (const [key] of gone) this.#kept.delete(key)
    return gone.length
  }

  entries(): Iterable<readonly [string, Kept]> {
    return this.#kept.entries()
  }

  #keep(key: string, answer: RelayedAnswer, storedAtMs: number, expiresAtMs: number): void {
    this.#kept.set(key, { answer, storedAtMs, expiresAtMs }, weightOf(answer))
  }
}

const fresh = (kept: Kept | undefined, nowMs: number): Kept | undefined =>
  kept !== undefined && nowMs < kept.expiresAtMs ? kept : undefined

const weightOf = ({ message }: RelayedAnswer): number =>
  message.bytes.length + ENTRY_OVERHEAD_BYTES + message.records.length * RECORD_OVERHEAD_BYTES
