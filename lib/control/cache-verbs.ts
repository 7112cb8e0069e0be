import type { ExtendedError } from '../dns/extended-error.ts'
import { formatName, type Name } from '../dns/name.ts'
import { messageOf } from '../base/error-text.ts'
import { rcodeName, typeName } from '../dns/mnemonics.ts'
import { nameArgument } from './name-argument.ts'
import { BadRequest, type Verbs } from './verb.ts'

/** What is kept of one question. */
export interface CacheEntry {
  readonly name: Name
  /** `any`: of all types, as a name that does not exist. */
  readonly type: number | 'any'
  /** DNSSEC flags of the question: empty, `do`, `cd` or `docd`. */
  readonly variant: string
  readonly kind: 'positive' | 'nodata' | 'nxdomain' | 'failure'
  readonly rcode: number
  /** How long it holds yet; negative: for how long it has not. */
  readonly ttlSeconds: number
  readonly isStale: boolean
  readonly storedSecondsAgo: number
  readonly hits: number
  /** Where it came from. */
  readonly upstream: string
  /** Lines of a zone file, with the TTL that is left. */
  readonly records: readonly string[]
  readonly extendedErrors: readonly ExtendedError[]
}

/** A cache, as an operator sees it. */
export interface CacheVerbs {
  /** Forgets what is kept of a name (all types), or of all names at and below it. How many messages. */
  purge(name: Name, andBelow: boolean): number
  /**
   * What is kept, of all or of the names at or below one. It is iterated over in many turns: what changes meanwhile
   * may be seen as it was or as it is, but the iteration comes to an end, and no entry is made before it is its turn.
   */
  entries(below?: Name): Iterable<CacheEntry>
}

/** A cache entry as it is written in JSON. */
export interface EntryDocument extends Omit<CacheEntry, 'name' | 'type' | 'rcode'> {
  readonly name: string
  readonly type: string
  readonly rcode: string
}

/** What `purge` did. */
export interface PurgeDocument {
  readonly name: string
  readonly below: boolean
  readonly messages: number
}

/** `POST /purge?name=NAME&below=true` and `GET /dump?name=NAME`. */
export function cacheVerbs(cache: CacheVerbs): Verbs {
  return {
    purge: {
      method: 'POST',
      takes: ['name', 'below'],
      run: (parameters) => {
        const name = parameters.get('name')
        if (name === undefined) throw new BadRequest('purge needs a name; `.` with below=true is everything')
        return [purge(cache, nameIn(name), isTrue('below', parameters.get('below')))]
      },
    },
    dump: {
      method: 'GET',
      takes: ['name'],
      run: (parameters) => {
        const name = parameters.get('name')
        return documents(cache.entries(name === undefined ? undefined : nameIn(name)))
      },
    },
  }
}

const purge = (cache: CacheVerbs, name: Name, below: boolean): PurgeDocument => ({
  name: formatName(name),
  below,
  messages: cache.purge(name, below),
})

function* documents(entries: Iterable<CacheEntry>): Iterable<EntryDocument> {
  for (const { name, type, rcode, ...entry } of entries) {
    yield {
      name: formatName(name),
      type: type === 'any' ? type : typeName(type),
      rcode: rcodeName(rcode),
      ...entry,
    }
  }
}

function nameIn(text: string): Name {
  try {
    return nameArgument(text)
  } catch (error) {
    throw new BadRequest(messageOf(error), { cause: error })
  }
}

function isTrue(key: string, text = 'false'): boolean {
  if (text !== 'true' && text !== 'false') throw new BadRequest(`${key} has to be true or false`)
  return text === 'true'
}
