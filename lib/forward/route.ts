import { type Name, parentOf, ROOT } from '../dns/name.ts'
import type { Policy } from './select.ts'
import type { Upstream } from './upstream.ts'

/** Who is asked about the names at and below a domain. */
export interface Route {
  readonly domain: Name
  readonly policy: Policy
  /** As of now: they may change while the route stays. */
  readonly upstreams: readonly Upstream[]
}

/** Finds the route of the longest domain that a name is at or below. */
export function longestSuffix(routes: readonly Route[]): (name: Name) => Route | undefined {
  const byDomain = new Map(routes.map((route) => [route.domain, route]))
  const ofAll = byDomain.get(ROOT)
  if (byDomain.size === (ofAll === undefined ? 0 : 1)) return () => ofAll
  return (name) => {
    for (let domain = name; ; domain = parentOf(domain)) {
      const route = byDomain.get(domain)
      if (route !== undefined || domain === ROOT) return route
    }
  }
}
