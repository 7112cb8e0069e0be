import packet from 'dns-packet'
import { expandRdata, type RdataPiece } from '../../lib/dns/expand-rdata.ts'
import { readMessage } from '../../lib/dns/message.ts'
import type { WireMessage } from './wire.ts'

// dns-packet cannot read these whole: an SSHFP of an unknown kind, an empty HINFO, a DNSKEY with another protocol.
const NOT_FOR_PACKET: ReadonlySet<number> = new Set([44, 13, 48, 60])

/** What our own decoder, or dns-packet, reads otherwise than the one of this folder; undefined if all agree. */
export function disagreement(wire: WireMessage): string | undefined {
  // NSD leaves it out when it refuses; our own decoder only takes replies that say what they answer.
  if (wire.question.length === 0) return undefined
  try {
    return ownFault(wire) ?? packetFault(wire)
  } catch (error) {
    return String(error)
  }
}

function ownFault({ octets, records, rcode }: WireMessage): string | undefined {
  const message = readMessage(octets)
  const read = message.records.map(({ section, owner, type, ttlSeconds, rdataAt, end }) => {
    const rdata = expandRdata(octets, type, rdataAt, end).map(textOf).join('')
    return `${section} ${owner} ${type} ${ttlSeconds} ${rdata}`
  })
  const expected = records.map((one) => `${one.section} ${one.owner} ${one.type} ${one.ttlSeconds} ${one.rdata}`)
  const isSame =
    message.rcode === rcode && read.length === expected.length && read.every((one, i) => one === expected[i])
  return isSame ? undefined : 'lib/dns reads it otherwise'
}

const textOf = (piece: RdataPiece): string => ('name' in piece ? piece.name : piece.octets.toString('latin1'))

function packetFault({ octets, records, flags }: WireMessage): string | undefined {
  if (records.some(({ type }) => NOT_FOR_PACKET.has(type))) return undefined
  const read = packet.decode(octets)
  const all = [...(read.answers ?? []), ...(read.authorities ?? []), ...(read.additionals ?? [])]
  const ttls = all.filter(({ type }) => type !== 'OPT').map((one) => ('ttl' in one ? one.ttl : undefined))
  const isSame = ttls.length === records.length && ttls.every((ttl, i) => ttl === records[i]?.ttlSeconds)
  const isSameRcode = 'rcode' in read && packetRcode(String(read.rcode)) === (flags & 15)
  return isSame && isSameRcode ? undefined : 'dns-packet reads it otherwise'
}

const RCODES = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
]
const packetRcode = (name: string): number => RCODES.indexOf(name)
