/** Octets of a key, and of the hash. */
export const SIP_KEY_OCTETS = 16
export const SIP_HASH_OCTETS = 8

// The state: four numbers of 64 bits, each as its lower and its upper half. JavaScript has no faster ones.
const state = new Int32Array(8)
const V0 = 0
const V1 = 2
const V2 = 4
const V3 = 6

/** SipHash-2-4 (Aumasson and Bernstein, 2012) of a message, as octets. */
export function sipHash24(key: Buffer, message: Buffer): Buffer {
  start(key)
  const wholeOctets = message.length & ~7
  for (let at = 0; at < wholeOctets; at += 8) mix(message.readInt32LE(at), message.readInt32LE(at + 4))
  const last = Buffer.alloc(8)
  message.copy(last, 0, wholeOctets)
  last[7] = message.length & 0xff
  mix(last.readInt32LE(0), last.readInt32LE(4))
  state[V2] = half(V2) ^ 0xff
  for (let i = 0; i < 4; i++) round()
  const hash = Buffer.allocUnsafe(SIP_HASH_OCTETS)
  hash.writeInt32LE(half(V0) ^ half(V1) ^ half(V2) ^ half(V3), 0)
  hash.writeInt32LE(half(V0 + 1) ^ half(V1 + 1) ^ half(V2 + 1) ^ half(V3 + 1), 4)
  return hash
}

const half = (at: number): number => state[at] as number

// "somepseudorandomlygeneratedbytes"
const START = [0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462]

function start(key: Buffer): void {
  for (const [i, constant] of START.entries()) state[i] = constant ^ key.readInt32LE(4 * (i % 4))
}

function mix(low: number, high: number): void {
  state[V3] = half(V3) ^ low
  state[V3 + 1] = half(V3 + 1) ^ high
  round()
  round()
  state[V0] = half(V0) ^ low
  state[V0 + 1] = half(V0 + 1) ^ high
}

function round(): void {
  addRotateXor(V0, V1, 13)
  rotate(V0, 32)
  addRotateXor(V2, V3, 16)
  addRotateXor(V0, V3, 21)
  addRotateXor(V2, V1, 17)
  rotate(V2, 32)
}

function addRotateXor(a: number, b: number, bits: number): void {
  const low = (half(a) >>> 0) + (half(b) >>> 0)
  const carry = low > 0xffff_ffff ? 1 : 0
  state[a] = low
  state[a + 1] = half(a + 1) + half(b + 1) + carry
  rotate(b, bits)
  state[b] = half(b) ^ half(a)
  state[b + 1] = half(b + 1) ^ half(a + 1)
}

// To the left.
function rotate(at: number, bits: number): void {
  const low = half(at)
  const high = half(at + 1)
  const isSwap = bits === 32
  state[at] = isSwap ? high : (low << bits) | (high >>> (32 - bits))
  state[at + 1] = isSwap ? low : (high << bits) | (low >>> (32 - bits))
}
