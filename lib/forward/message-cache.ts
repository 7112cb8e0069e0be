import { BoundedMap, type Bounds } from '../base/bounded-map.ts'
import type { Query, RelayedAnswer } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'

// Objects around the octets, by test/bench/weigh.ts.
const ENTRY_OVERHEAD_BYTES = 900
const RECORD_OVERHEAD_BYTES = 130
const MAX_STALE_MS = 86_400_000 // RFC 8767 §5: one to three days

/** An answer that is kept. */
export interface Kept {
  readonly answer: RelayedAnswer
  readonly storedAtMs: number
  readonly expiresAtMs: number
  /** When the upstreams last failed to give a new one. */
  failedAtMs?: number
}

/** What a reply depends on. Two queries with the same key get the same reply. */
export const cacheKey = ({ name, type, dnssecOk, checkingDisabled }: Query): string =>
  `${type} ${variant(dnssecOk, checkingDisabled)} ${name}`

const variant = (dnssecOk: boolean, checkingDisabled: boolean): string =>
  `${dnssecOk ? 'do' : ''}${checkingDisabled ? 'cd' : ''}`

// A name that does not exist does not exist for any type (RFC 2308 §5).
const nameKey = ({ name, dnssecOk, checkingDisabled }: Query): string =>
  `* ${variant(dnssecOk, checkingDisabled)} ${name}`

/** Replies of upstreams for as long as their TTLs allow, and beyond that for when no upstream answers (RFC 8767). */
export class MessageCache {
  readonly #kept: BoundedMap<Kept>
  hits = 0
  misses = 0
  stale = 0

  constructor(bounds: Bounds) {
    this.#kept = new BoundedMap(bounds)
  }

  get sizes(): { readonly entries: number; readonly bytes: number; readonly evictions: number } {
    return { entries: this.#kept.size, bytes: this.#kept.bytes, evictions: this.#kept.evictions }
  }

  get(query: Query, nowMs: number): RelayedAnswer | undefined {
    const kept = [this.#kept.get(cacheKey(query)), this.#kept.get(nameKey(query))].find(
      (one) => one !== undefined && nowMs < one.expiresAtMs,
    )
    if (kept === undefined) this.misses++
    else this.hits++
    return kept?.answer
  }

  /** What was last known, though its time is over: a name that has ceased to exist since is not what it was. */
  getStale(query: Query, nowMs: number): Kept | undefined {
    const exact = this.#kept.get(cacheKey(query))
    const ofName = this.#kept.get(nameKey(query))
    const latest =
      exact === undefined || (ofName !== undefined && ofName.storedAtMs > exact.storedAtMs) ? ofName : exact
    return latest !== undefined && nowMs < latest.expiresAtMs + MAX_STALE_MS ? latest : undefined
  }

  /** What may not be kept still takes the place of what was. */
  set(query: Query, answer: RelayedAnswer, nowMs: number): void {
    this.#kept.delete(cacheKey(query))
    this.#kept.delete(nameKey(query))
    const expiresAtMs = Math.min(...answer.expiresAtMs, Number.POSITIVE_INFINITY)
    if (!answer.cacheable || expiresAtMs <= nowMs) return
    // Behind an alias it is another name that does not exist.
    const deniesName =
      answer.rcode === RCODE.NXDOMAIN && !answer.message.records.some(({ section }) => section === 'answer')
    const kept = { answer, storedAtMs: nowMs, expiresAtMs }
    this.#kept.set(deniesName ? nameKey(query) : cacheKey(query), kept, weightOf(answer))
  }
}

const weightOf = ({ message }: RelayedAnswer): number =>
  message.bytes.length + ENTRY_OVERHEAD_BYTES + message.records.length * RECORD_OVERHEAD_BYTES
