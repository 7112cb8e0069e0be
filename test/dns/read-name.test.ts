import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { HEADER_OCTETS } from '../../lib/dns/constants.ts'
import { formatName, labelsOf } from '../../lib/dns/name.ts'
import { MalformedMessage, readName } from '../../lib/dns/read-name.ts'
import { spelled, uint16s } from '../helpers/packets.ts'
import { anyName } from './arbitrary-names.ts'

const behindHeader = (octets: Buffer): Buffer => Buffer.concat([Buffer.alloc(HEADER_OCTETS), octets])
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const LABEL_63 = Buffer.concat([Buffer.of(63), Buffer.alloc(63, 'x')])

// Octets, where the name begins, the name, and where it ends.
const NAMES: readonly [string, Buffer, number, string, number][] = [
  ['the root', hex('00'), 0, '.', 1],
  ['two labels', hex('01 61 01 62 00 ff'), 0, 'a.b.', 5],
  ['upper case', hex('03 57 65 62 00'), 0, 'web.', 5],
  ['a pointer to a whole name', hex('01 61 00 c0 0c'), 3, 'a.', 5],
  ['a label and a pointer', hex('01 61 00 01 62 c0 0c ff'), 3, 'b.a.', 7],
  ['a pointer to a pointer', hex('01 61 00 c0 0c 01 62 c0 0f'), 5, 'b.a.', 9],
  ['a pointer into the middle of a name', hex('01 61 01 62 00 c0 0e'), 5, 'b.', 7],
  ['a pointer to the root', hex('00 01 61 c0 0c'), 1, 'a.', 5],
  ['a dot within a label', hex('03 61 2e 62 00'), 0, 'a\\046b.', 5],
]

for (const [what, octets, at, name, end] of NAMES) {
  test(`reads ${what}`, () => {
    const read = readName(behindHeader(octets), HEADER_OCTETS + at)
    assert.deepEqual([formatName(read.name), read.end], [name, HEADER_OCTETS + end])
  })
}

const BROKEN: readonly [string, Buffer, number, RegExp][] = [
  ['nothing', Buffer.alloc(0), 0, /ends within a name/],
  ['a label without its end', hex('03 61 62'), 0, /ends within a label/],
  ['labels without the root', hex('01 61'), 0, /ends within a name/],
  ['half a pointer', hex('01 61 c0'), 0, /ends within a compression pointer/],
  ['a pointer to itself', hex('c0 0c'), 0, /does not point back/],
  ['a pointer forward', hex('c0 0e 00'), 0, /does not point back/],
  ['a pointer into its own labels', hex('01 61 c0 0c'), 0, /does not point back/],
  ['two pointers in a circle', hex('01 61 c0 10 c0 0c'), 4, /does not point back/],
  ['a pointer behind the message', hex('ff ff'), 0, /does not point back/],
  ['a pointer into the header', hex('01 61 c0 0b'), 0, /into the header/],
  ['labels behind a pointer that run into it', hex('02 61 c0 0c 00'), 2, /runs on within a label/],
  ['labels behind a pointer that run on to it', hex('01 61 c0 0c 00'), 2, /runs on within a name/],
  ['a pointer behind a pointer that runs into it', hex('01 61 c0 c0 0c'), 3, /runs on within a compression pointer/],
  ['label type 01', hex('40 61 00'), 0, /label type 0x40/],
  ['label type 10', hex('80 61 00'), 0, /label type 0x80/],
  ['256 octets of labels', Buffer.concat([...Array<Buffer>(4).fill(LABEL_63), hex('00')]), 0, /more than 255 octets/],
]

for (const [what, octets, at, reason] of BROKEN) {
  test(`refuses ${what}`, () => {
    assert.throws(() => readName(behindHeader(octets), HEADER_OCTETS + at), {
      name: 'MalformedMessage',
      message: reason,
    })
  })
}

test('a name that only its pointer makes too long is refused', () => {
  const long = Buffer.concat([LABEL_63, LABEL_63, LABEL_63, spelled('x'.repeat(61))])
  assert.equal(readName(long, 0).name.length, 255)
  const longer = behindHeader(Buffer.concat([long, hex('01 61 c0 0c')]))
  assert.throws(() => readName(longer, HEADER_OCTETS + long.length), /more than 255 octets/)
})

test('any name is read back, written out or with any of its suffixes behind a pointer', () => {
  fc.assert(
    fc.property(anyName, fc.nat(12), fc.uint8Array({ maxLength: 20 }), (name, keep, before) => {
      const whole = Buffer.from(name, 'latin1')
      const labels = labelsOf(name)
      const head = labels.slice(0, keep).flatMap((label) => [Buffer.of(label.length), Buffer.from(label, 'latin1')])
      const target = before.length + Buffer.concat(head).length
      const pointer = uint16s(0xc000 | (HEADER_OCTETS + target))
      const octets = behindHeader(Buffer.concat([before, whole, ...head, pointer]))
      const start = HEADER_OCTETS + before.length
      assert.deepEqual(readName(octets, start), { name, end: start + whole.length })
      assert.deepEqual(readName(octets, start + whole.length), { name, end: octets.length })
    }),
  )
})

test('any octets are a name or a malformed one, and nothing else happens', () => {
  const octet = fc.oneof(fc.nat(4), fc.constantFrom(0xc0, 0xc1, 63, 64), fc.nat(255))
  fc.assert(
    fc.property(fc.array(octet, { maxLength: 300 }), fc.nat(40), (octets, at) => {
      try {
        const { name, end } = readName(Buffer.from(octets), at)
        assert.ok(name.length <= 255 && end > at && end <= octets.length)
      } catch (error) {
        assert.ok(error instanceof MalformedMessage)
      }
    }),
    { numRuns: 2000 },
  )
})

test('a chain of pointers is followed 16 times and no more: each may be right by itself, and takes time', () => {
  const pointers = Array.from({ length: 8000 }, (_, i) => uint16s(0xc000 | (HEADER_OCTETS + 2 * i)))
  const chain = behindHeader(Buffer.concat([hex('00 00'), ...pointers]))
  assert.equal(readName(chain, HEADER_OCTETS + 2 * 16).name, '\0')
  for (const at of [HEADER_OCTETS + 2 * 17, chain.length - 2])
    assert.throws(() => readName(chain, at), { name: 'MalformedMessage', message: /more than 16 compression pointers/ })
})
