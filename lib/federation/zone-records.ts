import { type Name, nameOf } from '../dns/name.ts'
import { nsRecord, type ResourceRecord, soaRecord } from '../dns/record.ts'
import type { FederationSettings } from './settings.ts'

// The cluster DNS answers for these names (Kubernetes DNS specification, CoreDNS); nobody needs them to resolve.
const nameServer = ({ clusterDomain }: FederationSettings): Name => nameOf(['ns', 'dns'], clusterDomain)

/** The SOA of a zone of ours, as an answer or beside a negative one (RFC 2308 §3). */
export function soaOf(zone: Name, settings: FederationSettings): ResourceRecord {
  const { ttlSeconds, serial, clusterDomain } = settings
  const rname = nameOf(['hostmaster'], clusterDomain)
  return soaRecord(zone, ttlSeconds, { mname: nameServer(settings), rname, serial, minimumSeconds: ttlSeconds })
}

export const nsOf = (zone: Name, settings: FederationSettings): ResourceRecord =>
  nsRecord(zone, settings.ttlSeconds, nameServer(settings))
