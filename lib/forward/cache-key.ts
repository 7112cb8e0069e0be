import type { Query } from '../dns/answer.ts'
import type { Name } from '../dns/name.ts'

/** What a question is looked up by. Made once for each: a new string costs more than a look-up. */
export interface CacheKeys {
  /** What a reply depends on. Two queries with the same key get the same reply. */
  readonly exact: string
  /** A name that does not exist does not exist for any type (RFC 2308 §5). */
  readonly ofName: string
}

export function cacheKeys({ name, type, dnssecOk, checkingDisabled }: Asked): CacheKeys {
  const variantAndName = `${dnssecOk ? 'do' : ''}${checkingDisabled ? 'cd' : ''} ${name}`
  return { exact: `${type} ${variantAndName}`, ofName: `* ${variantAndName}` }
}

type Asked = Pick<Query, 'name' | 'type' | 'dnssecOk' | 'checkingDisabled'>

export interface KeyParts {
  readonly type: number | 'any'
  /** `do`, `cd`, both, or nothing. */
  readonly variant: string
  readonly name: Name
}

export function partsOfKey(key: string): KeyParts {
  const variantAt = key.indexOf(' ') + 1
  const nameAt = key.indexOf(' ', variantAt) + 1
  const type = key.slice(0, variantAt - 1)
  return {
    type: type === '*' ? 'any' : Number(type),
    variant: key.slice(variantAt, nameAt - 1),
    name: key.slice(nameAt) as Name,
  }
}

export const nameOfKey = (key: string): Name => partsOfKey(key).name
