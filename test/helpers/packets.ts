import { CLASS_IN, EDNS_UDP_OCTETS, FLAG, HEADER_OCTETS, TYPE } from '../../lib/dns/constants.ts'

const OPT_OCTETS = 11

interface Edns {
  readonly payloadOctets?: number
  readonly version?: number
  /** The 16 bits behind the version: DO is the highest. */
  readonly flags?: number
  /** In wire form. */
  readonly options?: Buffer
}

interface QueryParts {
  readonly id?: number
  readonly type?: number
  readonly class?: number
  /** The second word of the header; RD alone if left out. */
  readonly flags?: number
  readonly edns?: Edns
}

/** The octets of a name as it is spelled, without compression. Has no escapes: an odd name is given as octets. */
export function spelled(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  const octets = labels.flatMap((label) => [Buffer.of(label.length), Buffer.from(label, 'latin1')])
  return Buffer.concat([...octets, Buffer.of(0)])
}

/** A well-formed query, as a stub resolver sends it. */
export function queryPacket(name: string | Buffer = 'web.shop.example', parts: QueryParts = {}): Buffer {
  const { id = 0x1234, type = TYPE.A, flags = FLAG.RD, edns } = parts
  const question = [typeof name === 'string' ? spelled(name) : name, uint16s(type, parts.class ?? CLASS_IN)]
  const opt = edns === undefined ? [] : [optRecord(edns)]
  return Buffer.concat([uint16s(id, flags, 1, 0, 0, opt.length), ...question, ...opt])
}

export function optRecord({ payloadOctets = EDNS_UDP_OCTETS, version = 0, flags = 0, options }: Edns = {}): Buffer {
  const opt = Buffer.alloc(OPT_OCTETS)
  opt.writeUInt16BE(TYPE.OPT, 1)
  opt.writeUInt16BE(payloadOctets, 3)
  opt[6] = version
  opt.writeUInt16BE(flags, 7)
  opt.writeUInt16BE(options?.length ?? 0, 9)
  return options === undefined ? opt : Buffer.concat([opt, options])
}

/** An option of OPT (RFC 6891 §6.1.2). */
export const ednsOption = (code: number, content: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([uint16s(code, content.length), content])

export function uint16s(...values: readonly number[]): Buffer {
  const octets = Buffer.alloc(2 * values.length)
  for (const [i, value] of values.entries()) octets.writeUInt16BE(value, 2 * i)
  return octets
}

interface Header {
  readonly id: number
  readonly flags: number
  /** The four bits of the header. */
  readonly rcode: number
  readonly opcode: number
  /** Records of QUESTION, ANSWER, AUTHORITY and ADDITIONAL. */
  readonly counts: readonly number[]
}

export function headerOf(message: Buffer): Header {
  const flags = message.readUInt16BE(2)
  const counts = [4, 6, 8, 10].map((at) => message.readUInt16BE(at))
  return { id: message.readUInt16BE(0), flags, rcode: flags & 0xf, opcode: (flags >> 11) & 0xf, counts }
}

/** Whole numbers from 0 to `below` - 1 that are the same again for the same seed. */
export type Random = (below: number) => number

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export const randomOctets = (random: Random, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, () => random(256)))

/** A copy with one to four faults of the kinds that fuzzers and broken clients make; the id may be hit as well. */
export function mutated(packet: Buffer, random: Random): Buffer {
  let octets: Buffer = Buffer.from(packet)
  for (let left = 1 + random(4); left > 0 && octets.length > 0; left--) {
    octets = (MUTATIONS[random(MUTATIONS.length)] as Mutation)(octets, random)
  }
  return octets
}

type Mutation = (octets: Buffer, random: Random) => Buffer

const set: (value: (random: Random) => number) => Mutation = (value) => (octets, random) => {
  octets[random(octets.length)] = value(random)
  return octets
}

const splice = (octets: Buffer, at: number, inserted: Buffer): Buffer =>
  Buffer.concat([octets.subarray(0, at), inserted, octets.subarray(at)])

const MUTATIONS: readonly Mutation[] = [
  set((random) => random(256)),
  set(() => 0xff),
  set(() => 0xc0),
  set(() => 0),
  (octets, random) => {
    const at = random(octets.length)
    octets[at] = (octets[at] as number) ^ (1 << random(8))
    return octets
  },
  (octets, random) => octets.subarray(0, random(octets.length)),
  (octets, random) => splice(octets, random(octets.length), randomOctets(random, 1 + random(40))),
  (octets, random) => Buffer.concat([octets, randomOctets(random, 1 + random(40))]),
  (octets, random) => Buffer.concat([octets, optRecord({ payloadOctets: random(65_536), version: random(3) })]),
  // A pointer into the packet or behind it, where a name may stand.
  (octets, random) => splice(octets, Math.min(HEADER_OCTETS, octets.length), uint16s(0xc000 | random(64))),
  // A count in the header.
  (octets, random) => {
    const at = 4 + random(8)
    if (at < octets.length) octets[at] = random(3)
    return octets
  },
]
