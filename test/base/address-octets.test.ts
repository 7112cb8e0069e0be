import assert from 'node:assert/strict'
import { SocketAddress } from 'node:net'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { addressOctets } from '../../lib/base/address-octets.ts'
import { ROOT } from '../../lib/dns/name.ts'
import { addressRecord } from '../../lib/dns/record.ts'

const hex = (text: string): string | undefined => addressOctets(text)?.toString('hex')

const ROWS: readonly (readonly [string, string | undefined])[] = [
  ['198.51.100.100', 'c6336464'],
  ['0.0.0.0', '00000000'],
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['fe80::', 'fe800000000000000000000000000000'],
  ['2001:db8:220:1:59de:d0f4:8769:82b8', '20010db80220000159ded0f4876982b8'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ['::ffff:10.1.2.3', '00000000000000000000ffff0a010203'],
  ['', undefined],
  ['localhost', undefined],
  ['10.0.0', undefined],
]

for (const [text, octets] of ROWS) test(`"${text}" is ${octets ?? 'no address'}`, () => assert.equal(hex(text), octets))

// What the system writes for an address, dns-packet reads right.
const plain = (text: string): string =>
  new SocketAddress({ address: text, family: text.includes(':') ? 'ipv6' : 'ipv4' }).address

test('any address is what dns-packet makes of it, as the system writes it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const [piece] = addressRecord(ROOT, 0, plain(text)).rdata
      assert.equal(hex(text), piece !== undefined && 'octets' in piece ? piece.octets.toString('hex') : '')
    }),
    { numRuns: 1000 },
  )
})
