import { type AuthoredAnswer, authored } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'
import { EDE } from '../dns/extended-error.ts'
import { formatName, type Name } from '../dns/name.ts'
import { denial } from './denial.ts'
import { longestDomain } from './longest-domain.ts'
import type { Ruling, Verdict } from './verdict.ts'

type Blocking = 'nxdomain' | 'nodata' | 'refuse'

// Whoever lifts a block sees it work a minute later; until then, what asks all the time has an answer to keep.
const TTL_SECONDS = 60

/**
 * Domains that are not answered: the names at and below them, for every type. Of two domains that a name is below, the
 * longer one decides.
 *
 * AA is 0. The names are somebody else's, and an upstream's denial has no AA either, so caches in front of us keep both
 * alike; EDE 15 says who decided. (Unbound sets AA on its `local-zone`s, as it would on zones of its own.)
 */
export function blocking(rules: ReadonlyMap<Name, Blocking>): Verdict {
  const rulings = new Map(
    [...rules].map(([domain, kind]): [Name, Ruling] => [domain, { kind, answer: answerOf(domain, kind) }]),
  )
  return longestDomain(rulings)
}

function answerOf(domain: Name, kind: Blocking): AuthoredAnswer {
  const errors = [{ code: EDE.BLOCKED, text: `the configuration blocks ${formatName(domain)}` }]
  // Nobody else keeps a refusal; we may, for as long as the rules are these.
  if (kind === 'refuse') return authored({ rcode: RCODE.REFUSED, errors, cacheable: true })
  const rcode = kind === 'nxdomain' ? RCODE.NXDOMAIN : RCODE.NOERROR
  return denial({ zone: domain, ttlSeconds: TTL_SECONDS }, { rcode, authoritative: false, errors })
}
