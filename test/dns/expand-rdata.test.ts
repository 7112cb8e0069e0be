import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TYPE } from '../../lib/dns/constants.ts'
import { expandRdata } from '../../lib/dns/expand-rdata.ts'
import { formatName } from '../../lib/dns/name.ts'
import { spelled, uint16s } from '../helpers/packets.ts'

const BEFORE = Buffer.concat([Buffer.alloc(12), spelled('web.shop')]) // a header, and what pointers of the RDATA point to
const POINTER = uint16s(0xc00c)

/** The RDATA behind BEFORE, in pieces: names as text, octets as hex. */
function expanded(type: number, ...parts: readonly Buffer[]): string[] {
  const bytes = Buffer.concat([BEFORE, ...parts, Buffer.alloc(9, 1)])
  const pieces = expandRdata(bytes, type, BEFORE.length, bytes.length - 9)
  return pieces.map((piece) => ('name' in piece ? formatName(piece.name) : piece.octets.toString('hex')))
}

const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value)])

// Type, RDATA, and its pieces.
const ROWS: readonly [keyof typeof TYPE, Buffer[], string[]][] = [
  ['A', [uint16s(0x0a00, 1)], ['0a000001']],
  ['AAAA', [Buffer.alloc(16, 0xfd)], ['fd'.repeat(16)]],
  ['NS', [POINTER], ['web.shop.']],
  ['CNAME', [Buffer.of(1, 0x61), POINTER], ['a.web.shop.']],
  ['PTR', [spelled('host')], ['host.']],
  ['SOA', [POINTER, Buffer.of(1, 0x61), POINTER, Buffer.alloc(20)], ['web.shop.', 'a.web.shop.', '00'.repeat(20)]],
  ['MX', [uint16s(10), POINTER], ['000a', 'web.shop.']],
  ['TXT', [text('hi'), text('')], ['02686900']],
  ['SRV', [uint16s(0, 100, 80), POINTER], ['000000640050', 'web.shop.']],
  ['NAPTR', [uint16s(1, 2), text('s'), text(''), text('x'), POINTER], ['00010002', '0173', '00', '0178', 'web.shop.']],
  ['DNAME', [POINTER], ['web.shop.']],
  ['SIG', [Buffer.alloc(18), POINTER, Buffer.of(7)], ['00'.repeat(18), 'web.shop.', '07']],
  ['HTTPS', [uint16s(1), POINTER], ['0001c00c']],
  ['HINFO', [text('RFC8482'), text('')], ['075246433834383200']],
]

for (const [type, rdata, pieces] of ROWS) {
  test(`the pieces of ${type}`, () => {
    assert.deepEqual(expanded(TYPE[type], ...rdata), pieces)
  })
}

test('a character-string or fields that go past the end of the RDATA are refused', () => {
  for (const rdata of [Buffer.concat([uint16s(1, 2), Buffer.of(200)]), uint16s(1), Buffer.alloc(0)]) {
    assert.throws(() => expanded(TYPE.NAPTR, rdata), { name: 'MalformedMessage' })
  }
})
