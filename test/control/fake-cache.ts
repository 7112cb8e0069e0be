import type { CacheEntry, CacheVerbs } from '../../lib/control/cache-verbs.ts'
import { isAtOrBelow, type Name, parseName } from '../../lib/dns/name.ts'

/** An entry with one A record and nothing special; `parts` are what is different. */
export function entry(name: string, parts: Partial<CacheEntry> = {}): CacheEntry {
  return {
    name: parseName(name),
    type: 1,
    variant: '',
    kind: 'positive',
    rcode: 0,
    ttlSeconds: 241,
    isStale: false,
    storedSecondsAgo: 59,
    hits: 12,
    upstream: '10.0.0.2:53',
    records: [`${name} 241 A 192.0.2.80`],
    extendedErrors: [],
    ...parts,
  }
}

/** A cache of what it is given. It counts how many entries were drawn from it, and knows how many in one turn. */
export class FakeCache implements CacheVerbs {
  kept: CacheEntry[]
  drawn = 0
  mostInOneTurn = 0
  dumpsUnderWay = 0
  #inThisTurn = 0

  constructor(kept: Iterable<CacheEntry> = []) {
    this.kept = [...kept]
  }

  purge(name: Name, andBelow: boolean): number {
    const before = this.kept.length
    this.kept = this.kept.filter((one) => !(andBelow ? isAtOrBelow(one.name, name) : one.name === name))
    return before - this.kept.length
  }

  *entries(below?: Name): Iterable<CacheEntry> {
    this.dumpsUnderWay++
    try {
      for (const one of this.kept.filter(({ name }) => below === undefined || isAtOrBelow(name, below))) {
        this.#count()
        yield one
      }
    } finally {
      this.dumpsUnderWay--
    }
  }

  #count(): void {
    this.drawn++
    if (this.#inThisTurn++ === 0) setImmediate(() => (this.#inThisTurn = 0))
    this.mostInOneTurn = Math.max(this.mostInOneTurn, this.#inThisTurn)
  }
}
