import type { Query } from '../dns/answer.ts'
import type { Name } from '../dns/name.ts'

type Asked = Pick<Query, 'name' | 'type' | 'dnssecOk' | 'checkingDisabled'>

/** What a reply depends on. Two queries with the same key get the same reply. */
export const cacheKey = (query: Asked): string => `${query.type} ${variantOf(query)} ${query.name}`

/** A name that does not exist does not exist for any type (RFC 2308 §5). */
export const nameKey = (query: Asked): string => `* ${variantOf(query)} ${query.name}`

const variantOf = ({ dnssecOk, checkingDisabled }: Asked): string =>
  `${dnssecOk ? 'do' : ''}${checkingDisabled ? 'cd' : ''}`

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
