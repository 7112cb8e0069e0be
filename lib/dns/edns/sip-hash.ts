export const SIP_KEY_OCTETS = 16
export const SIP_HASH_OCTETS = 8

// The state: four numbers of 64 bits, each as its lower and its upper half. BigInt takes thirty times as long.
const state = new Int32Array(8)

// "somepseudorandomlygeneratedbytes"
const START = [0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462] as const

/** SipHash-2-4 (Aumasson and Bernstein, 2012) of a message, as octets. */
export function sipHash24(key: Buffer, message: Buffer): Buffer {
  for (let i = 0; i < 8; i++) state[i] = (START[i] as number) ^ key.readInt32LE(4 * (i & 3))
  const wholeOctets = message.length & ~7
  for (let i = 0; i < wholeOctets; i += 8) mix(message.readInt32LE(i), message.readInt32LE(i + 4))
  let low = 0
  let high = message.length << 24
  for (let i = 0; i < message.length - wholeOctets; i++) {
    const octet = message[wholeOctets + i] as number
    if (i < 4) low |= octet << (8 * i)
    else high |= octet << (8 * i - 32)
  }
  mix(low, high)
  state[4] = at(4) ^ 0xff
  rounds(4)
  const hash = Buffer.allocUnsafe(SIP_HASH_OCTETS)
  hash.writeInt32LE(folded(0), 0)
  hash.writeInt32LE(folded(1), 4)
  return hash
}

const at = (i: number): number => state[i] as number

const folded = (i: number): number => at(i) ^ at(i + 2) ^ at(i + 4) ^ at(i + 6)

function mix(low: number, high: number): void {
  state[6] = at(6) ^ low
  state[7] = at(7) ^ high
  rounds(2)
  state[0] = at(0) ^ low
  state[1] = at(1) ^ high
}

const MAX = 0xffff_ffff

// Written out, in local variables: with a function for each step the hash takes four times as long.
function rounds(count: number): void {
  let a = state[0] as number
  let aHigh = state[1] as number
  let b = state[2] as number
  let bHigh = state[3] as number
  let c = state[4] as number
  let cHigh = state[5] as number
  let d = state[6] as number
  let dHigh = state[7] as number
  let sum = 0
  let high = 0
  for (let left = count; left > 0; left--) {
    sum = (a >>> 0) + (b >>> 0)
    aHigh = (aHigh + bHigh + (sum > MAX ? 1 : 0)) | 0
    a = sum | 0
    high = bHigh
    bHigh = ((bHigh << 13) | (b >>> 19)) ^ aHigh
    b = ((b << 13) | (high >>> 19)) ^ a
    high = aHigh
    aHigh = a
    a = high
    sum = (c >>> 0) + (d >>> 0)
    cHigh = (cHigh + dHigh + (sum > MAX ? 1 : 0)) | 0
    c = sum | 0
    high = dHigh
    dHigh = ((dHigh << 16) | (d >>> 16)) ^ cHigh
    d = ((d << 16) | (high >>> 16)) ^ c
    sum = (a >>> 0) + (d >>> 0)
    aHigh = (aHigh + dHigh + (sum > MAX ? 1 : 0)) | 0
    a = sum | 0
    high = dHigh
    dHigh = ((dHigh << 21) | (d >>> 11)) ^ aHigh
    d = ((d << 21) | (high >>> 11)) ^ a
    sum = (c >>> 0) + (b >>> 0)
    cHigh = (cHigh + bHigh + (sum > MAX ? 1 : 0)) | 0
    c = sum | 0
    high = bHigh
    bHigh = ((bHigh << 17) | (b >>> 15)) ^ cHigh
    b = ((b << 17) | (high >>> 15)) ^ c
    high = cHigh
    cHigh = c
    c = high
  }
  state[0] = a
  state[1] = aHigh
  state[2] = b
  state[3] = bHigh
  state[4] = c
  state[5] = cHigh
  state[6] = d
  state[7] = dHigh
}
