import { EDNS_UDP_OCTETS, FLAG, HEADER_OCTETS, MAX_MESSAGE_OCTETS, type Rcode } from './constants.ts'
import { TTL_ZERO } from './answer.ts'
import { NO_OWN_OPTIONS, optionsWithin, type OwnOptions } from './edns/own-options.ts'
import type { Gate } from './gate.ts'
import type { Image } from './image.ts'

const OPT_OCTETS = 11
const NO_OPTIONS = Buffer.alloc(0)
const ECHOED_FLAGS = FLAG.RD | FLAG.CD

/** How much a reply to the gate's last packet may hold. */
export function replyLimit(gate: Gate, overUdp: boolean): number {
  return overUdp ? Math.min(gate.payloadOctets, EDNS_UDP_OCTETS) : MAX_MESSAGE_OCTETS
}

export interface To {
  readonly limit: number
  readonly nowMs: number
  /** What the client asked for by options; none if left out. */
  readonly own?: OwnOptions
  /** Where the reply goes; a buffer of its own if left out, or if there is no room. */
  readonly room?: ((octets: number) => Buffer | undefined) | undefined
}

/**
 * The image as a reply to the gate's last packet: id, flags, the question as it was spelled, TTLs as of `nowMs`, OPT.
 * One that does not fit into `limit` is sent without records and with TC (RFC 2181 §9). Of a final set of several
 * addresses another one comes first each time.
 */
export function replyFromImage(packet: Buffer, gate: Gate, image: Image, to: To): Buffer {
  const own = to.own ?? NO_OWN_OPTIONS
  const least = gate.edns ? OPT_OCTETS + own.needed.length : 0
  const bytes = fitting(image, to.limit - least)
  const fits = bytes.length + least <= to.limit
  // Over TCP there is nothing larger to retry with: beside a relayed message that fills it, OPT has to stay away.
  if (!fits && to.limit < MAX_MESSAGE_OCTETS) return truncatedReply(packet, gate, image, to)
  const hasOpt = gate.edns && fits
  // Where not everything fits, the reasons go before the records do (RFC 8914 §3).
  const options = hasOpt ? optionsWithin(to.limit, bytes.length + OPT_OCTETS, own, image.options) : NO_OPTIONS
  const optOctets = hasOpt ? OPT_OCTETS + options.length : 0
  const reply = roomFor(bytes.length + optOctets, to)
  bytes.copy(reply)
  if (image.rotation !== undefined) rotate(reply, bytes, image.rotation)
  const { ttlOffsets, ttlExpiresAtMs } = image
  for (let i = 0; i < ttlOffsets.length && (ttlOffsets[i] as number) < bytes.length; i++) {
    writeUint32(reply, ttlOffsets[i] as number, ttlSeconds(ttlExpiresAtMs[i] as number, image.ttlCapSeconds, to.nowMs))
  }
  writeHead(reply, packet, gate, ((bytes[2] as number) << 8) | (bytes[3] as number))
  if (hasOpt) writeOpt(reply, bytes.length, gate, { extendedRcode: 0, options })
  return reply
}

const roomFor = (octets: number, { room }: To): Buffer => room?.(octets) ?? Buffer.allocUnsafe(octets)

// Extra records are left out before TC is set (RFC 2181 §9).
function fitting({ bytes, needed }: Image, limit: number): Buffer {
  if (bytes.length <= limit || needed.end > limit || needed.end === bytes.length) return bytes
  const cut = Buffer.from(bytes.subarray(0, needed.end))
  cut.writeUInt16BE(needed.authority, 8)
  cut.writeUInt16BE(0, 10)
  return cut
}

function truncatedReply(packet: Buffer, gate: Gate, image: Image, { limit, own = NO_OWN_OPTIONS }: To): Buffer {
  const flags = image.bytes.readUInt16BE(2) | FLAG.TC
  return bareReply(packet, gate, flags, { extendedRcode: 0, options: optionsOfBare(gate, { limit, own }) })
}

export interface Rejecting {
  /** Why, in wire form. */
  readonly why?: Buffer
  readonly own?: OwnOptions
  readonly limit?: number
}

/** A reply without records to a packet that the gate or the policy rejected; with the question, if one was read. */
export function rejection(packet: Buffer, gate: Gate, rcode: Rcode, parts: Rejecting = {}): Buffer {
  const opcode = gate.flags & 0x7800
  const options = gate.edns ? optionsOfBare(gate, parts) : NO_OPTIONS
  return bareReply(packet, gate, FLAG.QR | FLAG.RA | opcode | (rcode & 0xf), { extendedRcode: rcode >> 4, options })
}

const optionsOfBare = (gate: Gate, { why = NO_OPTIONS, own = NO_OWN_OPTIONS, limit }: Rejecting): Buffer =>
  optionsWithin(limit ?? replyLimit(gate, true), gate.questionEnd + OPT_OCTETS, own, why)

interface Opt {
  readonly extendedRcode: number
  readonly options: Buffer
}

function bareReply(packet: Buffer, gate: Gate, flags: number, opt: Opt): Buffer {
  const { questionEnd } = gate
  const reply = Buffer.alloc(questionEnd + (gate.edns ? OPT_OCTETS + opt.options.length : 0))
  reply[5] = questionEnd > HEADER_OCTETS ? 1 : 0
  writeHead(reply, packet, gate, flags)
  if (gate.edns) writeOpt(reply, questionEnd, gate, opt)
  return reply
}

// The id, the flags and the question of the packet.
function writeHead(reply: Buffer, packet: Buffer, gate: Gate, flags: number): void {
  // AD is for those who ask for it, in either way (RFC 6840 §5.8).
  const hidden = gate.dnssecOk || (gate.flags & FLAG.AD) !== 0 ? 0 : FLAG.AD
  const all = (flags & ~hidden) | (gate.flags & ECHOED_FLAGS)
  reply[0] = packet[0] as number
  reply[1] = packet[1] as number
  reply[2] = all >> 8
  reply[3] = all & 0xff
  for (let at = HEADER_OCTETS; at < gate.questionEnd; at++) reply[at] = packet[at] as number
}

// OPT comes last (RFC 6891 §6.1.1): nothing points behind it.
function writeOpt(reply: Buffer, at: number, gate: Gate, { extendedRcode, options }: Opt): void {
  reply[at] = 0
  reply[at + 1] = 0
  reply[at + 2] = 41
  reply[at + 3] = EDNS_UDP_OCTETS >> 8
  reply[at + 4] = EDNS_UDP_OCTETS & 0xff
  reply[at + 5] = extendedRcode
  reply[at + 6] = 0
  reply[at + 7] = gate.dnssecOk ? 0x80 : 0
  reply[at + 8] = 0
  reply[at + 9] = options.length >> 8
  reply[at + 10] = options.length & 0xff
  if (options.length > 0) options.copy(reply, at + OPT_OCTETS)
  const additional = (((reply[10] as number) << 8) | (reply[11] as number)) + 1
  reply[10] = additional >> 8
  reply[11] = additional & 0xff
}

function rotate(reply: Buffer, bytes: Buffer, rotation: NonNullable<Image['rotation']>): void {
  const { start, stride, count, turn } = rotation
  rotation.turn = turn + 1 === count ? 0 : turn + 1
  const end = start + stride * count
  const middle = start + stride * turn
  bytes.copy(reply, start, middle, end)
  bytes.copy(reply, start + end - middle, start, middle)
}

// Never 0 for what came with a TTL: 0 would make every cache in front of us ask again at once. 0 stays 0.
function ttlSeconds(expiresAtMs: number, capSeconds: number, nowMs: number): number {
  return expiresAtMs === TTL_ZERO ? 0 : Math.max(1, Math.min(Math.ceil((expiresAtMs - nowMs) / 1000), capSeconds))
}

function writeUint32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}
