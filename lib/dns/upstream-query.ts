import { CLASS_IN, EDNS_UDP_OCTETS, FLAG, HEADER_OCTETS, TYPE } from './constants.ts'
import type { Query } from './answer.ts'

type Asked = Pick<Query, 'name' | 'type' | 'dnssecOk' | 'checkingDisabled' | 'spelling'>

interface Options {
  readonly id: number
  /** Whether to send OPT; some servers answer FORMERR to it. */
  readonly edns: boolean
  /** Whether we want to know if it has validated (RFC 6840 §5.7). */
  readonly wantsAd?: boolean
}

/** A query of our own for what somebody asks us. Of the client's EDNS only DO goes on; the rest is for this hop. */
export function encodeUpstreamQuery(query: Asked, { id, edns, wantsAd = false }: Options): Buffer {
  const name = query.spelling ?? Buffer.from(query.name, 'latin1')
  const questionEnd = HEADER_OCTETS + name.length + 4
  // From the pool, unlike what `alloc` gives.
  const bytes = Buffer.allocUnsafe(questionEnd + (edns ? 11 : 0)).fill(0)
  bytes.writeUInt16BE(id, 0)
  bytes.writeUInt16BE(FLAG.RD | (query.checkingDisabled ? FLAG.CD : 0) | (wantsAd ? FLAG.AD : 0), 2)
  bytes.writeUInt16BE(1, 4)
  name.copy(bytes, HEADER_OCTETS)
  bytes.writeUInt16BE(query.type, questionEnd - 4)
  bytes.writeUInt16BE(CLASS_IN, questionEnd - 2)
  if (edns) {
    bytes.writeUInt16BE(1, 10)
    bytes.writeUInt16BE(TYPE.OPT, questionEnd + 1)
    bytes.writeUInt16BE(EDNS_UDP_OCTETS, questionEnd + 3)
    bytes.writeUInt16BE(query.dnssecOk ? 0x8000 : 0, questionEnd + 7)
  }
  return bytes
}
