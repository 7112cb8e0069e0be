import { RCODE, TYPE } from '../dns/constants.ts'
import { cnameRecord } from '../dns/record.ts'
import { decidePort } from './decide-port.ts'
import { type Decision, minimalAny, negative, type Question, tooLong, type View } from './decision.ts'
import { localAnswer } from './local-answer.ts'
import { publicNames } from './public-name.ts'
import type { EmptyName, ShardName } from './recognise.ts'
import type { FederationSettings } from './settings.ts'
import { nsOf, soaOf } from './zone-records.ts'

/** The answer at a name of ours that has no Service. */
export function decideEmpty(
  { name, type }: Question,
  { kind, zone }: EmptyName,
  settings: FederationSettings,
): Decision {
  if (kind === 'nxdomain') return negative(RCODE.NXDOMAIN, zone, settings)
  if (kind === 'apex') {
    if (type === TYPE.SOA) return { rcode: RCODE.NOERROR, answer: [soaOf(zone, settings)] }
    if (type === TYPE.NS) return { rcode: RCODE.NOERROR, answer: [nsOf(zone, settings)] }
    if (type === TYPE.ANY) return minimalAny(name, settings)
  }
  return negative(RCODE.NOERROR, zone, settings)
}

/** The answer at the name of a federated Service: the local shard while it is healthy, else the public name. */
export function decide(question: Question, of: ShardName, view: View, settings: FederationSettings): Decision {
  const { name, type } = question
  if (of.prefix !== undefined) return decidePort(question, of, view, settings)
  if (type === TYPE.ANY) return minimalAny(name, settings)
  if (view.shard !== undefined && view.healthy) return localAnswer(name, type, view.shard, settings)
  return redirect(question, of, view, settings)
}

function redirect({ name, type }: Question, of: ShardName, view: View, settings: FederationSettings): Decision {
  const [target] = publicNames(of, view.location, settings.publicNames)
  if (target === undefined) return tooLong()
  const ttlSeconds = Math.min(settings.ttlSeconds, settings.redirectTtlSeconds)
  const answer = [cnameRecord(name, ttlSeconds, target)]
  if (type === TYPE.CNAME) return { rcode: RCODE.NOERROR, answer, redirect: true }
  return { rcode: RCODE.NOERROR, answer, follow: target, redirect: true }
}
