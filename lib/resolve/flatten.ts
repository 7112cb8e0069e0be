import type { AuthoredAnswer, Resolve } from '../dns/answer.ts'
import { RCODE, TYPE } from '../dns/constants.ts'
import type { Name } from '../dns/name.ts'
import { earliestExpiryMs } from '../dns/record.ts'
import type { Recognise } from '../federation/recognise.ts'
import type { FederationSettings } from '../federation/settings.ts'
import { soaOf } from '../federation/zone-records.ts'

/**
 * The style `flat`: at a federated name stand the records themselves, without the aliases that led to them. A negative
 * answer is then one of the zone of the name that was asked.
 */
export function flattened(next: Resolve, recognise: Recognise, settings: FederationSettings): Resolve {
  return async (query) => {
    const answer = await next(query)
    const of = recognise(query.name)
    if (of?.kind !== 'shard' || answer?.kind !== 'authored') return answer
    return flat(answer, query.name, { zone: of.zone, settings })
  }
}

function flat(
  answer: AuthoredAnswer,
  owner: Name,
  { zone, settings }: { zone: Name; settings: FederationSettings },
): AuthoredAnswer {
  const records = answer.answer.filter((record) => record.type !== TYPE.CNAME).map((record) => ({ ...record, owner }))
  const isNegative = records.length === 0 && (answer.rcode === RCODE.NOERROR || answer.rcode === RCODE.NXDOMAIN)
  const ttlCapSeconds = Math.min(answer.ttlCapSeconds, settings.ttlSeconds)
  return {
    ...answer,
    answer: records,
    authority: isNegative ? [soaOf(zone, { ...settings, ttlSeconds: ttlCapSeconds })] : [],
    ttlCapSeconds,
    expiresAtMs: earliestExpiryMs([...answer.answer, ...answer.authority]),
  }
}
