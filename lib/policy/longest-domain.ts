import { type Name, parentOf, ROOT } from '../dns/name.ts'

/**
 * Finds the value of the longest domain that a name is at or below. A name under a top-level domain that none of them
 * is under costs one look-up, any other at most one for each of its labels.
 */
export function longestDomain<V>(values: ReadonlyMap<Name, V>): (name: Name) => V | undefined {
  const topLevels = new Set([...values.keys()].map(topLevelOf))
  const ofAll = values.get(ROOT)
  if (values.size === (ofAll === undefined ? 0 : 1)) return () => ofAll
  return (name) => {
    if (!topLevels.has(topLevelOf(name))) return ofAll
    for (let domain = name; domain !== ROOT; domain = parentOf(domain)) {
      const value = values.get(domain)
      if (value !== undefined) return value
    }
    return ofAll
  }
}

function topLevelOf(name: Name): string {
  let start = 0
  for (let at = 0; at < name.length - 1; at += name.charCodeAt(at) + 1) start = at
  return name.slice(start)
}
