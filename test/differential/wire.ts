/** A record with all names in it written out, and those that a sender may change the case of in lower case. */
export interface WireRecord {
  readonly section: 'answer' | 'authority' | 'additional'
  /** Octets, one character for each; so are the octets of RDATA. */
  readonly owner: string
  readonly type: number
  readonly class: number
  readonly ttlSeconds: number
  readonly rdata: string
  /** Where the next one begins. */
  readonly end: number
}

interface Opt {
  readonly payloadOctets: number
  readonly extendedRcode: number
  readonly version: number
  /** DO is the highest. */
  readonly flags: number
  /** Their codes. */
  readonly options: readonly number[]
  /** All options as they stand. */
  readonly rdata: Buffer
}

/** A message as this folder reads it: without any code of the program that is tested. */
export interface WireMessage {
  readonly octets: Buffer
  readonly flags: number
  readonly rcode: number
  /** As it is spelled. */
  readonly question: Buffer
  readonly records: readonly WireRecord[]
  readonly opt: Opt | undefined
}

const SECTIONS = ['answer', 'authority', 'additional'] as const
const OPT = 41
const HEADER_OCTETS = 12

// Where names stand in RDATA: `n` a name, a number so many octets, `s` a character-string; the rest is opaque.
const LAYOUTS: Readonly<Record<number, readonly ('n' | 's' | number)[]>> = {
  2: ['n'], // NS
  3: ['n'], // MD
  4: ['n'], // MF
  5: ['n'], // CNAME
  6: ['n', 'n'], // SOA
  7: ['n'], // MB
  8: ['n'], // MG
  9: ['n'], // MR
  12: ['n'], // PTR
  14: ['n', 'n'], // MINFO
  15: [2, 'n'], // MX
  17: ['n', 'n'], // RP
  18: [2, 'n'], // AFSDB
  21: [2, 'n'], // RT
  24: [18, 'n'], // SIG
  26: [2, 'n', 'n'], // PX
  30: ['n'], // NXT
  33: [6, 'n'], // SRV
  35: [4, 's', 's', 's', 'n'], // NAPTR
  36: [2, 'n'], // KX
  39: ['n'], // DNAME
}

/** Throws where anything is wrong with it. */
export function readWire(octets: Buffer): WireMessage {
  const questions = octets.readUInt16BE(4)
  if (questions > 1) throw new Error('more than one question')
  let at = questions === 0 ? HEADER_OCTETS : nameAt(octets, HEADER_OCTETS).end + 4
  const question = octets.subarray(HEADER_OCTETS, at)
  const records: WireRecord[] = []
  let opt: Opt | undefined
  for (const [i, section] of SECTIONS.entries()) {
    for (let left = octets.readUInt16BE(6 + 2 * i); left > 0; left--) {
      const record = recordAt(octets, at, section)
      at = record.end
      if (record.type === OPT) opt = optOf(record, opt)
      else records.push(record)
    }
  }
  if (at !== octets.length) throw new Error(`${octets.length - at} octets behind the last record`)
  const flags = octets.readUInt16BE(2)
  const rcode = ((opt?.extendedRcode ?? 0) << 4) | (flags & 15)
  return { octets, flags, rcode, question, records, opt }
}

function recordAt(octets: Buffer, start: number, section: WireRecord['section']): WireRecord {
  const { name, end: at } = nameAt(octets, start)
  const end = at + 10 + octets.readUInt16BE(at + 8)
  if (end > octets.length) throw new Error(`the record at ${start} ends behind the message`)
  const type = octets.readUInt16BE(at)
  const rdata = rdataOf(octets, type, at + 10, end)
  const [cls, ttlSeconds] = [octets.readUInt16BE(at + 2), octets.readUInt32BE(at + 4)]
  return { section, owner: lower(name), type, class: cls, ttlSeconds, rdata, end }
}

function optOf({ owner, section, class: payloadOctets, ttlSeconds, rdata }: WireRecord, before: Opt | undefined): Opt {
  if (before !== undefined || owner !== '\0' || section !== 'additional') throw new Error('OPT is out of place')
  const octets = Buffer.from(rdata, 'latin1')
  const options: number[] = []
  let at = 0
  while (at < octets.length) {
    options.push(octets.readUInt16BE(at))
    at += 4 + octets.readUInt16BE(at + 2)
  }
  if (at !== octets.length) throw new Error('an option ends behind OPT')
  const [extendedRcode, version, flags] = [ttlSeconds >>> 24, (ttlSeconds >>> 16) & 0xff, ttlSeconds & 0xffff]
  return { payloadOctets, extendedRcode, version, flags, options, rdata: octets }
}

function rdataOf(octets: Buffer, type: number, start: number, end: number): string {
  let rdata = ''
  let at = start
  for (const field of LAYOUTS[type] ?? []) {
    if (field === 'n') {
      const read = nameAt(octets, at)
      rdata += lower(read.name)
      at = read.end
    } else {
      const size = field === 's' ? 1 + octets.readUInt8(at) : field
      rdata += octets.toString('latin1', at, at + size)
      at += size
    }
  }
  if (at > end) throw new Error(`RDATA of type ${type} at ${start} is too short`)
  return rdata + octets.toString('latin1', at, end)
}

function nameAt(octets: Buffer, start: number): { name: string; end: number } {
  let name = ''
  let at = start
  let end = 0
  for (;;) {
    const length = octets.readUInt8(at)
    if (length >= 192) {
      const target = octets.readUInt16BE(at) & 0x3fff
      end ||= at + 2
      if (target >= at) throw new Error(`the pointer at ${at} does not point back`)
      at = target
    } else {
      if (length > 63) throw new Error(`label type ${length} at ${at}`)
      name += octets.toString('latin1', at, at + 1 + length)
      at += 1 + length
      if (name.length > 255) throw new Error(`a name of more than 255 octets at ${start}`)
      if (length === 0) return { name, end: end || at }
    }
  }
}

const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
