import { isIPv4, isIPv6 } from 'node:net'
import packet from 'dns-packet'
import { CLASS_IN, TYPE } from './constants.ts'
import { expandRdata, type RdataPiece } from './expand-rdata.ts'
import type { Name } from './name.ts'

export interface ResourceRecord {
  readonly owner: Name
  readonly type: number
  readonly class: number
  /** As sent; for a record that decays, as it came. */
  readonly ttlSeconds: number
  /** Only on a record that an upstream gave: when its TTL has run down, in milliseconds of the Clock. */
  readonly expiresAtMs?: number
  readonly rdata: readonly RdataPiece[]
}

interface SoaFields {
  readonly mname: Name
  readonly rname: Name
  readonly serial: number
  readonly minimumSeconds: number
}

const OCTETS_BEFORE_RDATA = 23 // header, root owner, type, class, TTL, length

/** RDATA without names, in the formats that dns-packet knows. Names stay our own: their octets have no text form there. */
function rdata(answer: packet.Answer): RdataPiece[] {
  const message = packet.encode({ type: 'response', answers: [answer] })
  const { length } = message
  return expandRdata(message, packetType(answer.type), OCTETS_BEFORE_RDATA, length)
}

const packetType = (type: string): number => TYPE[type as keyof typeof TYPE]

function make(owner: Name, ttlSeconds: number, answer: packet.Answer): ResourceRecord {
  return { owner, type: packetType(answer.type), class: CLASS_IN, ttlSeconds, rdata: rdata(answer) }
}

/** A or AAAA, by the family of the address. */
export function addressRecord(owner: Name, ttlSeconds: number, address: string): ResourceRecord {
  const type = isIPv4(address) ? 'A' : 'AAAA'
  if (type === 'AAAA' && !isIPv6(address)) throw new RangeError(`"${address}" is not an IP address`)
  return make(owner, ttlSeconds, { type, name: '.', data: address })
}

export function cnameRecord(owner: Name, ttlSeconds: number, target: Name): ResourceRecord {
  return { owner, type: TYPE.CNAME, class: CLASS_IN, ttlSeconds, rdata: [{ name: target }] }
}

export function nsRecord(owner: Name, ttlSeconds: number, target: Name): ResourceRecord {
  return { owner, type: TYPE.NS, class: CLASS_IN, ttlSeconds, rdata: [{ name: target }] }
}

export function srvRecord(
  owner: Name,
  ttlSeconds: number,
  data: { readonly weight: number; readonly port: number; readonly target: Name },
): ResourceRecord {
  const octets = Buffer.alloc(6) // priority 0
  octets.writeUInt16BE(data.weight, 2)
  octets.writeUInt16BE(data.port, 4)
  return { owner, type: TYPE.SRV, class: CLASS_IN, ttlSeconds, rdata: [{ octets }, { name: data.target }] }
}

/** SOA of a zone that we answer ourselves; nobody transfers it, so only `minimum` matters (RFC 2308 §4). */
export function soaRecord(owner: Name, ttlSeconds: number, fields: SoaFields): ResourceRecord {
  const { mname, rname, serial, minimumSeconds } = fields
  const octets = Buffer.alloc(20)
  for (const [i, value] of [serial, 7200, 1800, 86_400, minimumSeconds].entries()) octets.writeUInt32BE(value, 4 * i)
  return { owner, type: TYPE.SOA, class: CLASS_IN, ttlSeconds, rdata: [{ name: mname }, { name: rname }, { octets }] }
}

/** The minimal answer to ANY (RFC 8482 §4.2). */
export function hinfoRecord(owner: Name, ttlSeconds: number): ResourceRecord {
  return make(owner, ttlSeconds, { type: 'HINFO', name: '.', data: { cpu: 'RFC8482', os: '' } })
}

/** Where a CNAME leads; undefined for any other type. */
export function aliasTarget(record: ResourceRecord): Name | undefined {
  const [piece] = record.rdata
  return record.type === TYPE.CNAME && piece !== undefined && 'name' in piece ? piece.name : undefined
}

/** When the first of these records that decay has run down; never, if none does. */
export function earliestExpiryMs(records: readonly ResourceRecord[]): number {
  return Math.min(...records.map((record) => record.expiresAtMs ?? Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)
}
