import { type Answer, type AuthoredAnswer, authored, type Query } from '../dns/answer.ts'
import { RCODE, TYPE } from '../dns/constants.ts'
import type { Name } from '../dns/name.ts'
import { aliasTarget, earliestExpiryMs, srvRecord } from '../dns/record.ts'
import type { FederationSettings } from '../federation/settings.ts'
import { soaOf } from '../federation/zone-records.ts'
import type { Follow } from './chase.ts'

interface Options {
  /** The zone of the name that was asked. */
  readonly zone: Name
  readonly settings: FederationSettings
  readonly follow: Follow
}

/**
 * One SRV whose target is the name at which the chain from `chain` ends (a target must not be an alias, RFC 2782),
 * with that name's addresses. The end decides the rcode, as for any other type.
 */
export async function srvAtEndOfChain(
  query: Query,
  { port, chain }: { readonly port: number; readonly chain: Name },
  { zone, settings, follow }: Options,
): Promise<Answer> {
  const { redirectTtlSeconds } = settings
  const ttlSeconds = Math.min(settings.ttlSeconds, redirectTtlSeconds)
  const begin = authored({ rcode: RCODE.NOERROR, follow: chain, ttlCapSeconds: redirectTtlSeconds })
  const both = await Promise.all([TYPE.A, TYPE.AAAA].map((type) => follow({ ...query, name: chain, type }, begin)))
  const [end] = both.toSorted((a, b) => merit(b) - merit(a))
  if (end === undefined || end.rcode === RCODE.SERVFAIL) return { ...(end ?? begin), answer: [] }
  const evidence = both.flatMap((answer) => answer.evidence)
  const expiresAtMs = earliestExpiryMs(both.flatMap(({ answer, authority }) => [...answer, ...authority]))
  const isStale = both.some((answer) => answer.isStale)
  const kept = {
    evidence,
    expiresAtMs,
    cacheable: both.every((answer) => answer.cacheable),
    isStale,
    authoritative: !isStale,
    errors: end.errors,
  }
  if (end.rcode !== RCODE.NOERROR) {
    return authored({ rcode: end.rcode, authority: [soaOf(zone, { ...settings, ttlSeconds })], ...kept })
  }
  const target = end.answer.map(aliasTarget).findLast((name) => name !== undefined) ?? chain
  return authored({
    rcode: RCODE.NOERROR,
    answer: [srvRecord(query.name, ttlSeconds, { weight: 100, port, target })],
    additional: both.flatMap(({ answer }) => answer.filter((record) => record.owner === target)),
    ttlCapSeconds: redirectTtlSeconds,
    ...kept,
  })
}

// An end with addresses tells more than one without, and that more than none at all.
function merit({ rcode, answer }: AuthoredAnswer): number {
  if (rcode === RCODE.NOERROR) return answer.some((record) => aliasTarget(record) === undefined) ? 3 : 2
  return rcode === RCODE.NXDOMAIN ? 1 : 0
}
