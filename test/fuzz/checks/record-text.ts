import type { RdataPiece } from '../../../lib/dns/expand-rdata.ts'
import type { ResourceRecord } from '../../../lib/dns/record.ts'
import type { WireRecord } from '../../differential/wire.ts'

/** What a record says, but for its TTL: the same for records that say the same, whoever read them. */
export const recordText = ({ owner, type, class: cls, rdata }: Omit<ResourceRecord, 'ttlSeconds'>): string =>
  `${owner} ${type} ${cls} ${rdata.map(octetsOf).join('')}`

export const wireText = ({ owner, type, class: cls, rdata }: WireRecord): string => `${owner} ${type} ${cls} ${rdata}`

const octetsOf = (piece: RdataPiece): string => ('name' in piece ? piece.name : piece.octets.toString('latin1'))
