import type { Location } from '../cluster/location.ts'
import type { Shard } from '../cluster/shard.ts'
import { RCODE, type Rcode } from '../dns/constants.ts'
import { EDE, type ExtendedError } from '../dns/extended-error.ts'
import type { Name } from '../dns/name.ts'
import { hinfoRecord, type ResourceRecord } from '../dns/record.ts'
import type { FederationSettings } from './settings.ts'
import { soaOf } from './zone-records.ts'

/** What is to be answered, as far as it is ours to say. */
export interface Decision {
  readonly rcode: Rcode
  readonly answer?: readonly ResourceRecord[]
  readonly authority?: readonly ResourceRecord[]
  readonly additional?: readonly ResourceRecord[]
  readonly error?: ExtendedError
  /** The answer goes on with what this name has of the type that was asked for. */
  readonly follow?: Name
  /** It leads out of the cluster: TTLs are capped. */
  readonly redirect?: true
  /** The answer is one SRV with this port, whose target is the end of the chain that begins at `chain`. */
  readonly srv?: { readonly port: number; readonly chain: Name }
}

/** What is known of the shard that a name stands for. */
export interface View {
  /** The Service in this cluster; undefined if there is none. */
  readonly shard: Shard | undefined
  readonly healthy: boolean
  readonly location: Location
}

export interface Question {
  readonly name: Name
  readonly type: number
}

/** The minimal answer to ANY (RFC 8482 §4.2). */
export const minimalAny = (name: Name, { ttlSeconds }: FederationSettings): Decision => ({
  rcode: RCODE.NOERROR,
  answer: [hinfoRecord(name, ttlSeconds)],
})

/** NXDOMAIN or NODATA, in a zone of ours. */
export const negative = (rcode: Rcode, zone: Name, settings: FederationSettings): Decision => ({
  rcode,
  authority: [soaOf(zone, settings)],
})

export const tooLong = (): Decision => ({
  rcode: RCODE.SERVFAIL,
  error: { code: EDE.OTHER, text: 'no public name of this service fits into 255 octets' },
})
