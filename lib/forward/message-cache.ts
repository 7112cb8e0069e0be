import { BoundedMap, type Bounds } from '../base/bounded-map.ts'
import type { Query, RelayedAnswer } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'

const ENTRY_OVERHEAD_BYTES = 500 // the index of the records, measured with 10,000 messages

/** What a reply depends on. Two queries with the same key get the same reply. */
export const cacheKey = ({ name, type, dnssecOk, checkingDisabled }: Query): string =>
  `${type} ${variant(dnssecOk, checkingDisabled)} ${name}`

const variant = (dnssecOk: boolean, checkingDisabled: boolean): string =>
  `${dnssecOk ? 'do' : ''}${checkingDisabled ? 'cd' : ''}`

// A name that does not exist does not exist for any type (RFC 2308 §5).
const nameKey = ({ name, dnssecOk, checkingDisabled }: Query): string =>
  `* ${variant(dnssecOk, checkingDisabled)} ${name}`

/** Replies of upstreams for as long as their TTLs allow. */
export class MessageCache {
  readonly #answers: BoundedMap<RelayedAnswer>
  hits = 0
  misses = 0

  constructor(bounds: Bounds) {
    this.#answers = new BoundedMap(bounds)
  }

  get sizes(): { readonly entries: number; readonly bytes: number; readonly evictions: number } {
    return { entries: this.#answers.size, bytes: this.#answers.bytes, evictions: this.#answers.evictions }
  }

  get(query: Query, nowMs: number): RelayedAnswer | undefined {
    const answer = this.#fresh(cacheKey(query), nowMs) ?? this.#fresh(nameKey(query), nowMs)
    if (answer === undefined) this.misses++
    else this.hits++
    return answer
  }

  set(query: Query, answer: RelayedAnswer, nowMs: number): void {
    if (!answer.cacheable || expiryOf(answer) <= nowMs) return
    // Behind an alias it is another name that does not exist.
    const deniesName =
      answer.rcode === RCODE.NXDOMAIN && !answer.message.records.some(({ section }) => section === 'answer')
    const key = deniesName ? nameKey(query) : cacheKey(query)
    this.#answers.set(key, answer, answer.message.bytes.length + ENTRY_OVERHEAD_BYTES)
  }

  #fresh(key: string, nowMs: number): RelayedAnswer | undefined {
    const answer = this.#answers.get(key)
    if (answer === undefined || nowMs < expiryOf(answer)) return answer
    this.#answers.delete(key)
    return undefined
  }
}

const expiryOf = ({ expiresAtMs }: RelayedAnswer): number => Math.min(...expiresAtMs, Number.POSITIVE_INFINITY)
