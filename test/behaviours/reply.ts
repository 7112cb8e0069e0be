import { RCODE, TYPE } from '../../lib/dns/constants.ts'
import { readWire, type WireMessage, type WireRecord } from '../differential/wire.ts'

/** A reply as a client sees it; read without any code of the program that is tested. */
export interface Reply extends WireMessage {
  /** All of the header: id, opcode, rcode (with that of OPT), flags that are set, counts: `beef 0 NOERROR qr aa rd 1/2/0/1`. */
  readonly head: string
  /** Records of each section, without OPT: `owner TTL TYPE rdata`. */
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
  /** Of OPT: code and content, in their order. */
  readonly options: readonly (readonly [code: number, content: Buffer])[]
  /** Codes of the extended errors. */
  readonly errors: readonly number[]
}

const FLAGS = { qr: 0x8000, aa: 0x400, tc: 0x200, rd: 0x100, ra: 0x80, z: 0x40, ad: 0x20, cd: 0x10 }
const RCODES = new Map<number, string>(Object.entries(RCODE).map(([name, code]) => [code, name]))
const TYPES = new Map<number, string>(Object.entries(TYPE).map(([name, type]) => [type, name]))
const EDE = 15

export function readReply(octets: Buffer): Reply {
  const wire = readWire(octets)
  const options = wire.opt === undefined ? [] : optionsIn(wire.opt.rdata)
  const section = (wanted: WireRecord['section']) => wire.records.filter((one) => one.section === wanted).map(lineOf)
  return {
    ...wire,
    head: headOf(wire),
    answer: section('answer'),
    authority: section('authority'),
    additional: section('additional'),
    options,
    errors: options.flatMap(([code, content]) => (code === EDE ? [content.readUInt16BE(0)] : [])),
  }
}

/** Without the TTL. */
export const untimed = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/^(\S+) \d+ /, '$1 '))

/** The TTL of such a line. */
export const ttlOf = (line: string | undefined): number => Number(line?.split(' ')[1])

function headOf({ octets, flags, rcode }: WireMessage): string {
  const id = octets.toString('hex', 0, 2)
  const set = Object.entries(FLAGS).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]))
  const counts = [4, 6, 8, 10].map((at) => octets.readUInt16BE(at)).join('/')
  return [id, (flags >> 11) & 15, RCODES.get(rcode) ?? rcode, ...set, counts].join(' ')
}

function optionsIn(rdata: Buffer): (readonly [number, Buffer])[] {
  const options: (readonly [number, Buffer])[] = []
  for (let at = 0; at < rdata.length; ) {
    const end = at + 4 + rdata.readUInt16BE(at + 2)
    options.push([rdata.readUInt16BE(at), rdata.subarray(at + 4, end)])
    at = end
  }
  return options
}

function lineOf({ owner, ttlSeconds, type, rdata }: WireRecord): string {
  return `${nameText(owner)} ${ttlSeconds} ${TYPES.get(type) ?? `TYPE${type}`} ${rdataText(type, rdata)}`.trimEnd()
}

function rdataText(type: number, rdata: string): string {
  const octets = Buffer.from(rdata, 'latin1')
  if (type === TYPE.A) return [...octets].join('.')
  if (type === TYPE.AAAA)
    return (octets.toString('hex').match(/.{4}/g) ?? []).map((group) => group.replace(/^0+(?=.)/, '')).join(':')
  if (type === TYPE.CNAME || type === TYPE.NS || type === TYPE.PTR) return nameText(rdata)
  if (type === TYPE.SRV)
    return `${[0, 2, 4].map((at) => octets.readUInt16BE(at)).join(' ')} ${nameText(rdata.slice(6))}`
  if (type === TYPE.HINFO) return stringsIn(octets).join(' ')
  if (type === TYPE.TXT && octets.length <= 256) return stringsIn(octets).join(' ')
  if (type === TYPE.SOA) return `minimum ${octets.readUInt32BE(octets.length - 4)}`
  return octets.toString('hex')
}

function stringsIn(octets: Buffer): string[] {
  const strings: string[] = []
  for (let at = 0; at < octets.length; at += octets.readUInt8(at) + 1)
    strings.push(`"${octets.toString('latin1', at + 1, at + 1 + octets.readUInt8(at))}"`)
  return strings
}

/** A name in wire form, one character for each octet. */
function nameText(name: string): string {
  const octets = Buffer.from(name, 'latin1')
  const labels: string[] = []
  for (let at = 0; at < octets.length && octets[at] !== 0; at += octets.readUInt8(at) + 1)
    labels.push(octets.toString('latin1', at + 1, at + 1 + octets.readUInt8(at)).replace(/[^\w*-]/g, escaped))
  return `${labels.join('.')}.`
}

const escaped = (character: string): string => `\\${String(character.charCodeAt(0)).padStart(3, '0')}`
