import { optRecord, randomOctets, type Random, uint16s } from '../../helpers/packets.ts'

interface Means {
  readonly random: Random
  /** Another input. */
  readonly other: Buffer
  readonly words: readonly Buffer[]
}

/** A change of octets, of which there is at least one. The octets given may be changed in place. */
type Mutation = (octets: Buffer, means: Means) => Buffer

const ODD_OCTETS = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xfe, 0xff]
const ODD_WORDS = [0, 1, 2, 4, 10, 11, 12, 15, 16, 41, 255, 256, 512, 1232, 0x7fff, 0x8000, 0xc00c, 0xfffe, 0xffff]
const MAX_RUN = 64
const MAX_LONG_RUN = 2048

const pick = <T>(from: readonly T[], random: Random): T => from[random(from.length)] as T

/** From somewhere to somewhere behind it, short more often than long. */
function range(length: number, random: Random): [number, number] {
  const start = random(length)
  return [start, start + 1 + random(Math.min(length - start, 1 << random(10)))]
}

const replaced = (octets: Buffer, start: number, end: number, by: Buffer): Buffer =>
  Buffer.concat([octets.subarray(0, start), by, octets.subarray(end)])

const setAt =
  (value: (before: number, random: Random) => number): Mutation =>
  (octets, { random }) => {
    const at = random(octets.length)
    octets[at] = value(octets[at] as number, random)
    return octets
  }

const setWord =
  (value: (before: number, length: number, random: Random) => number): Mutation =>
  (octets, { random }) => {
    if (octets.length < 2) return octets
    const at = random(octets.length - 1)
    octets.writeUInt16BE(value(octets.readUInt16BE(at), octets.length, random) & 0xffff, at)
    return octets
  }

const octetwise: readonly Mutation[] = [
  setAt((before, random) => before ^ (1 << random(8))),
  setAt((_, random) => random(256)),
  setAt((_, random) => pick(ODD_OCTETS, random)),
  setAt((before, random) => before + random(9) - 4),
  setWord((_, __, random) => pick(ODD_WORDS, random)),
  setWord((before, _, random) => before + random(33) - 16),
  // A length, or where something stands.
  setWord((_, length, random) => random(length + 2)),
]

const rangewise: readonly Mutation[] = [
  (octets, { random }) => replaced(octets, ...range(octets.length, random), Buffer.alloc(0)),
  (octets, { random }) => octets.subarray(0, random(octets.length)),
  (octets, { random }) => {
    const at = random(octets.length + 1)
    return replaced(octets, at, at, randomOctets(random, 1 + random(MAX_RUN)))
  },
  (octets, { random }) => {
    const at = random(octets.length + 1)
    const run = Buffer.alloc(1 + random(random(8) === 0 ? MAX_LONG_RUN : MAX_RUN), octets[random(octets.length)])
    return replaced(octets, at, at, run)
  },
  // A part of it once more, somewhere.
  (octets, { random }) => {
    const part = octets.subarray(...range(octets.length, random))
    const at = random(octets.length + 1)
    return replaced(octets, at, at, Buffer.concat(Array.from({ length: 1 + random(1 + random(8)) }, () => part)))
  },
  // A part of another one.
  (octets, { random, other }) => {
    if (other.length === 0) return octets
    const part = other.subarray(...range(other.length, random))
    const [start, end] = range(octets.length, random)
    return replaced(octets, start, random(2) === 0 ? start : end, part)
  },
  // The beginning of it and the end of another one.
  (octets, { random, other }) =>
    Buffer.concat([octets.subarray(0, random(octets.length + 1)), other.subarray(random(other.length + 1))]),
  (octets, { random, words }) => {
    if (words.length === 0) return octets
    const [start, end] = range(octets.length, random)
    return replaced(octets, start, random(2) === 0 ? start : end, pick(words, random))
  },
]

const LETTER = /[\w.-]/

const textual: readonly Mutation[] = [
  // A word by another one.
  (octets, { random, words }) => {
    if (words.length === 0) return octets
    let start = random(octets.length)
    let end = start
    const isLetter = (at: number) => LETTER.test(String.fromCharCode(octets[at] ?? 0))
    while (start > 0 && isLetter(start - 1)) start--
    while (end < octets.length && isLetter(end)) end++
    return replaced(octets, start, end, pick(words, random))
  },
  // A line gone, or twice.
  (octets, { random }) => {
    const at = random(octets.length)
    const start = octets.lastIndexOf(10, at - 1) + 1
    const newline = octets.indexOf(10, at)
    const end = newline === -1 ? octets.length : newline + 1
    if (start >= end) return octets
    return replaced(
      octets,
      start,
      end,
      random(2) === 0 ? Buffer.alloc(0) : Buffer.concat([octets.subarray(start, end), octets.subarray(start, end)]),
    )
  },
]

const dnswise: readonly Mutation[] = [
  // A pointer.
  (octets, { random }) => {
    const at = random(octets.length)
    const pointer = uint16s(0xc000 | random(Math.min(octets.length, 0x3fff)))
    return replaced(octets, at, random(2) === 0 ? at : Math.min(at + 2, octets.length), pointer)
  },
  // A count in the header.
  (octets, { random }) => {
    const at = 5 + 2 * random(4)
    if (at < octets.length) octets[at] = (octets[at] as number) + random(3) - 1
    return octets
  },
  (octets, { random }) =>
    Buffer.concat([octets, optRecord({ payloadOctets: random(65_536), version: random(2), flags: random(2) << 15 })]),
  // A record that points to the question.
  (octets, { random }) => {
    const rdata = randomOctets(random, pick([0, 2, 4, 16, 20], random))
    const head = uint16s(0xc00c, pick([1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 39, 46, 65], random), 1, 0, 60, rdata.length)
    return Buffer.concat([octets, head, rdata])
  },
]

export const MUTATIONS: readonly Mutation[] = [...octetwise, ...rangewise, ...rangewise, ...textual, ...dnswise]
