import type { Clock } from '../base/clock.ts'
import type { Query, RelayedAnswer } from '../dns/answer.ts'
import { FLAG, RCODE, TYPE } from '../dns/constants.ts'
import { copyOf } from '../dns/copy-of.ts'
import { isAtOrBelow, type Name } from '../dns/name.ts'
import { cacheKeys, type CacheKeys } from './cache-key.ts'
import type { Finding, Inquiries } from './inquiries.ts'
import type { Kept, MessageCache } from './message-cache.ts'
import { isNegativeAnswer, isSuccess } from './relay.ts'
import type { Route } from './route.ts'

// After so long a denial is believed though only one upstream says so.
const BELIEVED_AFTER_MS = 30_000
// What a name is known by, if by anything.
const TELLING_TYPES = [TYPE.A, TYPE.AAAA, TYPE.CNAME, TYPE.SRV, TYPE.MX, TYPE.TXT, TYPE.HTTPS]

interface Options {
  readonly cache: MessageCache
  readonly clock: Clock
  readonly inquiries: Inquiries
  /** At and below these, what is known to exist is not denied on the word of one upstream. */
  readonly keepPositive: readonly Name[]
}

/** Which negative answers are to be doubted, and when they are believed all the same. */
export class Denials {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  /** What a negative answer would put an end to: an answer to this very question, or the name by another type. */
  against(query: Query, keys: CacheKeys, { message, rcode }: RelayedAnswer): Kept | undefined {
    const { keepPositive } = this.#options
    if (!keepPositive.some((domain) => isAtOrBelow(query.name, domain)) || !isNegativeAnswer(message)) return undefined
    const same = this.#positive(keys)
    return same ?? (rcode === RCODE.NXDOMAIN ? this.#ofOtherType(query) : undefined)
  }

  /** Two have to say so: another upstream, or the same one after a while. */
  async isConfirmed(
    good: Kept,
    { query, route, finding }: { query: Query; route: Route; finding: Finding },
  ): Promise<boolean> {
    const { clock, inquiries } = this.#options
    if (!('upstream' in finding)) return false
    const { label } = finding.upstream
    const nowMs = clock.now()
    const before = (good.deniedBy ??= { label, atMs: nowMs })
    if (before.label !== label || nowMs - before.atMs >= BELIEVED_AFTER_MS) return true
    const second = await inquiries.ask(query, route, { except: finding.upstream })
    if (!('message' in second) || !isSuccess(second.message) || !isNegativeAnswer(second.message)) return false
    // That there is nothing of this type does not say that there is no such name.
    return second.message.rcode === RCODE.NXDOMAIN || finding.message.rcode !== RCODE.NXDOMAIN
  }

  #positive(keys: CacheKeys): Kept | undefined {
    const { cache, clock } = this.#options
    const kept = cache.getStale(keys, clock.now())
    return kept === undefined || isNegativeAnswer(kept.answer.message) ? undefined : kept
  }

  #ofOtherType(query: Query): Kept | undefined {
    for (const type of TELLING_TYPES) {
      const kept = this.#positive(cacheKeys({ ...query, type }))
      if (kept !== undefined) return kept
    }
    return undefined
  }
}

/** A denial of a name as one of this type alone. Nobody keeps it. */
export function asNoData(answer: RelayedAnswer): RelayedAnswer {
  const bytes = copyOf(answer.message.bytes)
  bytes.writeUInt16BE(bytes.readUInt16BE(2) & ~(FLAG.AD | 0xf), 2)
  const message = { ...answer.message, bytes, flags: bytes.readUInt16BE(2), rcode: RCODE.NOERROR }
  return { ...answer, rcode: RCODE.NOERROR, message, cacheable: false }
}
