import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SIP_KEY_OCTETS, sipHash24 } from '../../../lib/dns/edns/sip-hash.ts'

const counting = (octets: number): Buffer => Buffer.from(Array.from({ length: octets }, (_, i) => i))
const hash = (octets: number): string => sipHash24(counting(SIP_KEY_OCTETS), counting(octets)).toString('hex')

test('the vectors of its authors', () => {
  assert.deepEqual([0, 1, 2, 3, 7, 8].map(hash), [
    '310e0edd47db6f72',
    'fd67dc93c539f874',
    '5a4fa9d909806c0d',
    '2d7efbd796666785',
    '37d1018bf50002ab',
    '6224939a79f5f593',
  ])
  assert.equal(hash(15), 'e545be4961ca29a1')
})

const MASK = 0xffff_ffff_ffff_ffffn
const rotl = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & MASK

/** The same in whole numbers of 64 bits, as it is written in the paper. */
function inBigInts(key: Buffer, message: Buffer): string {
  const k = [key.readBigUInt64LE(0), key.readBigUInt64LE(8)] as const
  let [a, b, c, d] = [
    k[0] ^ 0x736f6d6570736575n,
    k[1] ^ 0x646f72616e646f6dn,
    k[0] ^ 0x6c7967656e657261n,
    k[1] ^ 0x7465646279746573n,
  ]
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) {
      a = (a + b) & MASK
      b = rotl(b, 13n) ^ a
      a = rotl(a, 32n)
      c = (c + d) & MASK
      d = rotl(d, 16n) ^ c
      a = (a + d) & MASK
      d = rotl(d, 21n) ^ a
      c = (c + b) & MASK
      b = rotl(b, 17n) ^ c
      c = rotl(c, 32n)
    }
  }
  const padded = Buffer.alloc(Math.floor(message.length / 8) * 8 + 8)
  message.copy(padded)
  padded[padded.length - 1] = message.length & 0xff
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at)
    d ^= word
    rounds(2)
    a ^= word
  }
  c ^= 0xffn
  rounds(4)
  const out = Buffer.alloc(8)
  out.writeBigUInt64LE(a ^ b ^ c ^ d)
  return out.toString('hex')
}

const octets = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array))

test('halves of 32 bits give what whole numbers of 64 bits do', () => {
  fc.assert(
    fc.property(octets(16, 16), octets(0, 300), (key, message) => {
      assert.equal(sipHash24(key, message).toString('hex'), inBigInts(key, message))
    }),
    { numRuns: 500 },
  )
})
