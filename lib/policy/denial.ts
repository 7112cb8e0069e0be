import { type AuthoredAnswer, authored } from '../dns/answer.ts'
import { type Name, parseName } from '../dns/name.ts'
import { nsRecord, type ResourceRecord, soaRecord } from '../dns/record.ts'

/** A domain that we answer for without having anything to say about it. */
export interface EmptyZone {
  readonly zone: Name
  /** Of all its records, and how long a denial may be kept: RFC 6303 §3 wants these to be the same. */
  readonly ttlSeconds: number
}

const NOBODY = parseName('nobody.invalid')

/**
 * The SOA that RFC 6303 §3 recommends: the primary server is the zone itself. No address is found there, so a client
 * that wants to update the zone gives up; and nobody has its mailbox.
 */
export const emptyZoneSoa = ({ zone, ttlSeconds }: EmptyZone): ResourceRecord =>
  soaRecord(zone, ttlSeconds, { mname: zone, rname: NOBODY, serial: 1, minimumSeconds: ttlSeconds })

export const emptyZoneNs = ({ zone, ttlSeconds }: EmptyZone): ResourceRecord => nsRecord(zone, ttlSeconds, zone)

/** "There is none", with the SOA that lets clients and caches keep that (RFC 2308 §3). */
export const denial = (
  zone: EmptyZone,
  parts: Pick<AuthoredAnswer, 'rcode' | 'authoritative' | 'errors'>,
): AuthoredAnswer => authored({ ...parts, authority: [emptyZoneSoa(zone)] })
