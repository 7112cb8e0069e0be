import { addressesOf, type Shard } from '../cluster/shard.ts'
import { RCODE, TYPE } from '../dns/constants.ts'
import { type Name, nameOf, parseName } from '../dns/name.ts'
import { addressRecord, cnameRecord, type ResourceRecord } from '../dns/record.ts'
import type { Decision } from './decision.ts'
import type { ShardName } from './recognise.ts'
import type { FederationSettings } from './settings.ts'
import { srvSet } from './srv-set.ts'
import { soaOf } from './zone-records.ts'

/** The name of a Service in its own cluster (Kubernetes DNS specification §2.3). */
export const localName = (
  { service, namespace }: Pick<ShardName, 'service' | 'namespace'>,
  clusterDomain: Name,
): Name => nameOf([service, namespace, 'svc'], clusterDomain)

/** What a healthy shard answers: the CNAME to its local name, and what that name has of the type. */
export function localAnswer(owner: Name, type: number, shard: Shard, settings: FederationSettings): Decision {
  const { ttlSeconds, clusterDomain } = settings
  const local = localName({ service: shard.service.name, namespace: shard.service.namespace }, clusterDomain)
  const alias = cnameRecord(owner, ttlSeconds, local)
  if (type === TYPE.CNAME) return { rcode: RCODE.NOERROR, answer: [alias] }
  if (shard.service.type === 'ExternalName') {
    const target = parseName(shard.service.externalName)
    return { rcode: RCODE.NOERROR, answer: [alias, cnameRecord(local, ttlSeconds, target)], follow: target }
  }
  const { answer, additional } = recordsOf(type, local, shard, settings)
  // A family or a type that the Service lacks is NODATA, never a reason to send the client elsewhere.
  const authority = answer.length === 0 ? [soaOf(clusterDomain, settings)] : []
  return { rcode: RCODE.NOERROR, answer: [alias, ...answer], authority, additional }
}

interface Records {
  readonly answer: readonly ResourceRecord[]
  readonly additional: readonly ResourceRecord[]
}

function recordsOf(type: number, local: Name, shard: Shard, settings: FederationSettings): Records {
  const { ttlSeconds } = settings
  if (type === TYPE.SRV) return srvSet(local, local, shard, { ttlSeconds })
  if (type !== TYPE.A && type !== TYPE.AAAA) return { answer: [], additional: [] }
  const addresses = addressesOf(shard, type === TYPE.A ? 'IPv4' : 'IPv6')
  return { answer: addresses.map((address) => addressRecord(local, ttlSeconds, address)), additional: [] }
}
