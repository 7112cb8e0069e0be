import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { EDE, encodeExtendedErrors } from '../../lib/dns/extended-error.ts'
import { extendedErrorsOf, readMessage } from '../../lib/dns/message.ts'
import { ednsOption, queryPacket, uint16s } from '../helpers/packets.ts'

const read = (options: Buffer) => extendedErrorsOf(readMessage(queryPacket('web', { edns: { options } })))

test('an error is option 15: info-code and text', () => {
  assert.deepEqual(
    encodeExtendedErrors([{ code: EDE.STALE, text: 'old' }]),
    Buffer.from([0, 15, 0, 5, 0, 3, 0x6f, 0x6c, 0x64]),
  )
})

test('errors are read back as they were written, in their order', () => {
  const parts = { code: fc.nat(65_535), text: fc.string({ maxLength: 100 }) }
  const error = fc.record(parts, { noNullPrototype: true })
  fc.assert(
    fc.property(fc.array(error, { maxLength: 5 }), (errors) =>
      assert.deepEqual(read(encodeExtendedErrors(errors)), errors),
    ),
  )
})

test('a long text is cut, and what is left is still UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 60, maxLength: 300 }), (text) => {
      const octets = encodeExtendedErrors([{ code: 0, text }]).subarray(6)
      assert.ok(octets.length <= 120)
      assert.ok(text.startsWith(new TextDecoder('utf8', { fatal: true, ignoreBOM: true }).decode(octets)))
    }),
  )
})

test('other options between them are passed over', () => {
  const [cookie, stale] = [ednsOption(10, Buffer.alloc(8)), encodeExtendedErrors([{ code: 3, text: 'x' }])]
  assert.deepEqual(read(Buffer.concat([cookie, stale, cookie])), [{ code: 3, text: 'x' }])
})

test('a broken list of options counts only up to where it breaks', () => {
  const stale = encodeExtendedErrors([{ code: 3, text: 'x' }])
  for (const broken of [Buffer.of(0), uint16s(15, 9, 0), uint16s(15), ednsOption(15, Buffer.of(0))]) {
    assert.deepEqual(read(Buffer.concat([stale, broken])), [{ code: 3, text: 'x' }])
  }
})
