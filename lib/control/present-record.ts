import { SocketAddress } from 'node:net'
import { CLASS_IN } from '../dns/constants.ts'
import type { RdataPiece } from '../dns/expand-rdata.ts'
import { formatName } from '../dns/name.ts'
import type { ResourceRecord } from '../dns/record.ts'
import { typeName } from '../dns/mnemonics.ts'

// Undefined where the octets are not what the type asks for.
type Format = (rdata: readonly RdataPiece[]) => string | undefined

/**
 * One line of a zone file: owner, TTL, class if it is not IN, type, RDATA, with one space between them. What we do not
 * know, or what is not formed as its type asks for, is written as RFC 3597 §5 does. All of it is printable ASCII.
 */
export function presentRecord(record: ResourceRecord): string {
  const format = record.class === CLASS_IN ? FORMATS[typeName(record.type)] : undefined
  const rdata = format?.(record.rdata) ?? generic(record.rdata)
  const classes = record.class === CLASS_IN ? [] : [`CLASS${record.class}`]
  return [formatName(record.owner), record.ttlSeconds, ...classes, typeName(record.type), rdata].join(' ')
}

const name: Format = ([piece]) => nameIn(piece)

const FORMATS: Readonly<Record<string, Format>> = {
  A: (rdata) => ipv4(octetsOf(rdata)),
  AAAA: (rdata) => ipv6(octetsOf(rdata)),
  CNAME: name,
  DNAME: name,
  NS: name,
  PTR: name,
  MX: ([preference, exchange]) => join([...numbers(preference, [2]), nameIn(exchange)]),
  SRV: ([head, target]) => join([...numbers(head, [2, 2, 2]), nameIn(target)]),
  SOA: ([mname, rname, rest]) => join([nameIn(mname), nameIn(rname), ...numbers(rest, [4, 4, 4, 4, 4])]),
  TXT: (rdata) => characterStrings(octetsOf(rdata)),
  HINFO: (rdata) => characterStrings(octetsOf(rdata)),
  CAA: (rdata) => caa(octetsOf(rdata)),
  DS: (rdata) => ds(octetsOf(rdata)),
}

const join = (words: readonly (string | number | undefined)[]): string | undefined =>
  words.includes(undefined) ? undefined : words.join(' ')

const nameIn = (piece: RdataPiece | undefined): string | undefined =>
  piece !== undefined && 'name' in piece ? formatName(piece.name) : undefined

const octetsIn = (piece: RdataPiece): Buffer => ('name' in piece ? Buffer.from(piece.name, 'latin1') : piece.octets)

const octetsOf = (rdata: readonly RdataPiece[]): Buffer => Buffer.concat(rdata.map(octetsIn))

function numbers(piece: RdataPiece | undefined, sizes: readonly number[]): (number | undefined)[] {
  if (piece === undefined || 'name' in piece) return [undefined]
  const { octets } = piece
  if (octets.length !== sizes.reduce((sum, size) => sum + size)) return [undefined]
  let at = 0
  return sizes.map((size) => octets.readUIntBE((at += size) - size, size))
}

// RFC 4034 §5.3.
const ds = (octets: Buffer): string | undefined =>
  octets.length > 4
    ? `${octets.readUInt16BE(0)} ${octets[2]} ${octets[3]} ${octets.toString('hex', 4).toUpperCase()}`
    : undefined

const ipv4 = (octets: Buffer): string | undefined => (octets.length === 4 ? octets.join('.') : undefined)

function ipv6(octets: Buffer): string | undefined {
  if (octets.length !== 16) return undefined
  const groups = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(2 * i).toString(16))
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address // the short form of RFC 5952
}

function characterStrings(octets: Buffer): string | undefined {
  const strings: string[] = []
  for (let at = 0; at < octets.length; ) {
    const end = at + 1 + (octets[at] as number)
    if (end > octets.length) return undefined
    strings.push(quoted(octets.subarray(at + 1, end)))
    at = end
  }
  return strings.length === 0 ? undefined : strings.join(' ')
}

function caa(octets: Buffer): string | undefined {
  const [flags, tagOctets = 0] = octets
  const tag = octets.toString('latin1', 2, 2 + tagOctets)
  if (tag.length !== tagOctets || !/^[a-zA-Z0-9]+$/.test(tag)) return undefined
  return `${flags} ${tag} ${quoted(octets.subarray(2 + tagOctets))}`
}

const quoted = (octets: Buffer): string => `"${octets.toString('latin1').replace(/[^ -~]|["\\]/g, escaped)}"`

const escaped = (char: string): string =>
  char === '"' || char === '\\' ? `\\${char}` : `\\${String(char.charCodeAt(0)).padStart(3, '0')}`

function generic(rdata: readonly RdataPiece[]): string {
  const octets = octetsOf(rdata)
  return octets.length === 0 ? '\\# 0' : `\\# ${octets.length} ${octets.toString('hex')}`
}
