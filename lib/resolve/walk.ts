import { TYPE } from '../dns/constants.ts'
import type { Name } from '../dns/name.ts'
import { aliasTarget, type ResourceRecord } from '../dns/record.ts'

/** How far one answer leads. */
export interface Walked {
  readonly aliases: readonly ResourceRecord[]
  /** The name at which it ends. */
  readonly at: Name
  /** The records of the wanted type there. */
  readonly found: readonly ResourceRecord[]
  /** It ends because the last alias leads to a name that this answer is not to be believed about. */
  readonly left: boolean
}

/** Follows the aliases of an answer from `from` on, as long as `stays` says that both ends belong together. */
export function walk(
  records: readonly ResourceRecord[],
  { from, type, stays }: { from: Name; type: number; stays: (at: Name, next: Name) => boolean },
): Walked {
  const aliases: ResourceRecord[] = []
  let at = from
  // An answer that leads in a circle has fewer names than steps.
  while (aliases.length < records.length) {
    const alias = records.find((record) => record.type === TYPE.CNAME && record.owner === at)
    const next = alias && aliasTarget(alias)
    if (alias === undefined || next === undefined) break
    aliases.push(alias)
    if (!stays(at, next)) return { aliases, at: next, found: [], left: true }
    at = next
  }
  return { aliases, at, found: records.filter((record) => record.type === type && record.owner === at), left: false }
}
