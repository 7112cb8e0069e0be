import { TYPE } from '../../lib/dns/constants.ts'
import { spelled, uint16s } from '../helpers/packets.ts'

/** UPDATE (RFC 2136) of zones of ours and of others, each of which adds an address. */
export const UPDATES: readonly Buffer[] = ['hdr07.foreign.example', 'fleet', 'cluster.local', 'web.shop.fleet'].map(
  (zone) =>
    Buffer.concat([
      uint16s(0xbeef, 5 << 11, 1, 0, 1, 0),
      spelled(zone),
      uint16s(TYPE.SOA, 1),
      spelled(`new.${zone}`),
      uint16s(TYPE.A, 1, 0, 60, 4),
      Buffer.of(192, 0, 2, 99),
    ]),
)
