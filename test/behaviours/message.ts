import { CLASS_IN, FLAG, TYPE } from '../../lib/dns/constants.ts'
import { ednsOption, optRecord, spelled, uint16s } from '../helpers/packets.ts'

/** What upstreams of these tests say, octet by octet. */

/** The name of the question, as an owner or in RDATA. */
export const ASKED_NAME = Buffer.of(0xc0, 0x0c)

export interface ReplyParts {
  readonly rcode?: number
  /** Beside QR, RD and RA. */
  readonly flags?: number
  readonly answer?: readonly Buffer[]
  readonly authority?: readonly Buffer[]
  readonly additional?: readonly Buffer[]
  /** Of OPT, which is there if the query has one. */
  readonly options?: Buffer
}

const HEADER_OCTETS = 12

/** Where the question ends, which is the first and only one. */
export function questionEndOf(query: Buffer): number {
  let at = HEADER_OCTETS
  while (query[at] !== 0) at += query.readUInt8(at) + 1
  return at + 5
}

/** The name that is asked for, in lower case; labels with points between them. */
export function nameIn(query: Buffer): string {
  const labels: string[] = []
  for (let at = HEADER_OCTETS; query[at] !== 0; at += query.readUInt8(at) + 1)
    labels.push(query.toString('latin1', at + 1, at + 1 + query.readUInt8(at)))
  return labels.join('.').toLowerCase()
}

export const hasOpt = (query: Buffer): boolean => query.readUInt16BE(10) > 0

/** A reply to this query. */
export function replyTo(query: Buffer, parts: ReplyParts = {}): Buffer {
  const { rcode = 0, flags = 0, answer = [], authority = [], additional = [], options } = parts
  const opt = hasOpt(query) ? [optRecord({ ...(options && { options }) })] : []
  const head = uint16s(
    query.readUInt16BE(0),
    FLAG.QR | FLAG.RA | (query.readUInt16BE(2) & FLAG.RD) | flags | rcode,
    1,
    answer.length,
    authority.length,
    additional.length + opt.length,
  )
  const question = query.subarray(HEADER_OCTETS, questionEndOf(query))
  return Buffer.concat([head, question, ...answer, ...authority, ...additional, ...opt])
}

interface Owned {
  readonly owner?: string | Buffer
  readonly ttl?: number
}

/** A record of any type; at the name of the question unless `owner` says where. */
export function record(type: number, rdata: Buffer, { owner = ASKED_NAME, ttl = 300 }: Owned = {}): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(CLASS_IN, 2)
  fixed.writeUInt32BE(ttl, 4)
  fixed.writeUInt16BE(rdata.length, 8)
  return Buffer.concat([typeof owner === 'string' ? spelled(owner) : owner, fixed, rdata])
}

export const a = (address: string, owned?: Owned): Buffer =>
  record(TYPE.A, Buffer.from(address.split('.').map(Number)), owned)

export const cname = (target: string, owned?: Owned): Buffer => record(TYPE.CNAME, spelled(target), owned)

/** Of so many octets in all, without the owner's and the RDATA's own: each string has at most 255. */
export function txt(octets: number, owned?: Owned): Buffer {
  const strings: Buffer[] = []
  for (let left = octets; left > 0; ) {
    const length = Math.min(255, left - 1)
    strings.push(Buffer.of(length), Buffer.alloc(length, 'x'))
    left -= length + 1
  }
  return record(TYPE.TXT, Buffer.concat(strings), owned)
}

export function soa(zone: string, ttl: number, minimumSeconds: number): Buffer {
  const numbers = Buffer.alloc(20)
  for (const [i, value] of [1, 7200, 1800, 86_400, minimumSeconds].entries()) numbers.writeUInt32BE(value, 4 * i)
  return record(TYPE.SOA, Buffer.concat([spelled(`ns.${zone}`), spelled(`admin.${zone}`), numbers]), {
    owner: zone,
    ttl,
  })
}

/** An extended error (RFC 8914) as an option. */
export const extendedError = (code: number, text: string): Buffer =>
  ednsOption(15, Buffer.concat([uint16s(code), Buffer.from(text)]))
