import type { BoundedMap } from '../../lib/base/bounded-map.ts'
import type { CacheEntry, CacheVerbs } from '../../lib/control/cache-verbs.ts'
import { presentRecord } from '../../lib/control/present-record.ts'
import { RCODE } from '../../lib/dns/constants.ts'
import type { Image } from '../../lib/dns/image.ts'
import { isAtOrBelow } from '../../lib/dns/name.ts'
import { sectionsOf } from '../../lib/dns/relayed-records.ts'
import { partsOfKey } from '../../lib/forward/cache-key.ts'
import type { Kept } from '../../lib/forward/message-cache.ts'
import { isNegativeAnswer } from '../../lib/forward/relay.ts'
import type { RunningForwarding } from './forwarding.ts'

interface Options {
  /** What is running now. */
  readonly forwarding: () => Pick<RunningForwarding, 'cache' | 'shared'>
  readonly images: () => BoundedMap<Image>
  readonly nowMs: () => number
}

/** The cache of what is running, as an operator sees it. What is purged is forgotten wherever it is kept. */
export function cacheView({ forwarding, images, nowMs }: Options): CacheVerbs {
  return {
    purge: (name, andBelow) => {
      const { cache, shared } = forwarding()
      // Those of other names may be made from it as well.
      images().clear()
      shared.failures.clear()
      return cache.purge(name, andBelow)
    },
    *entries(below) {
      // As of now: what is moved within the cache meanwhile would be seen again and again.
      const kept = Array.from(forwarding().cache.entries())
      for (const [key, one] of kept) {
        if (below === undefined || isAtOrBelow(partsOfKey(key).name, below)) yield entryOf(key, one, nowMs())
      }
    },
  }
}

function entryOf(key: string, { answer, storedAtMs, expiresAtMs }: Kept, nowMs: number): CacheEntry {
  const secondsTo = (ms: number) => Math.ceil((ms - nowMs) / 1000)
  const { answer: records, authority } = sectionsOf(answer)
  const left = (ms = expiresAtMs) => Math.max(0, secondsTo(ms))
  return {
    ...partsOfKey(key),
    kind: kindOf(answer),
    rcode: answer.rcode,
    ttlSeconds: secondsTo(expiresAtMs),
    isStale: expiresAtMs <= nowMs,
    storedSecondsAgo: Math.floor((nowMs - storedAtMs) / 1000),
    hits: answer.uses.count,
    upstream: answer.from,
    records: [...records, ...authority].map((record) =>
      presentRecord({ ...record, ttlSeconds: left(record.expiresAtMs) }),
    ),
    extendedErrors: answer.errors,
  }
}

function kindOf({ rcode, message }: Kept['answer']): CacheEntry['kind'] {
  if (rcode === RCODE.NXDOMAIN) return 'nxdomain'
  if (rcode !== RCODE.NOERROR) return 'failure'
  return isNegativeAnswer(message) ? 'nodata' : 'positive'
}
