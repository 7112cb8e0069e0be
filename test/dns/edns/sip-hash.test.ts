import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SIP_KEY_OCTETS, sipHash24 } from '../../../lib/dns/edns/sip-hash.ts'
import { sipHash } from '../../helpers/sip-hash.ts'

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

const octets = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array))

test('halves of 32 bits give what whole numbers of 64 bits do', () => {
  fc.assert(
    fc.property(octets(16, 16), octets(0, 300), (key, message) => {
      assert.equal(sipHash24(key, message).toString('hex'), sipHash(key, message).toString('hex'))
    }),
    { numRuns: 500 },
  )
})
