import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { accessList } from '../../lib/server/access-list.ts'

const NETWORKS = [
  { host: '127.0.0.0', bits: 8 },
  { host: '10.1.2.0', bits: 23 },
  { host: '192.0.2.7', bits: 32 },
  { host: 'fe80::', bits: 10 },
  { host: 'fd00:1::', bits: 32 },
]

const CLIENTS: readonly [string, boolean][] = [
  ['127.0.0.1', true],
  ['127.255.255.255', true],
  ['128.0.0.1', false],
  ['10.1.2.3', true],
  ['10.1.3.255', true],
  ['10.1.4.0', false],
  ['10.1.1.255', false],
  ['192.0.2.7', true],
  ['192.0.2.8', false],
  ['fe80::1', true],
  ['fe80::1%eth0', true],
  ['febf:ffff::1%lo', true],
  ['fec0::1', false],
  ['fd00:1::9', true],
  ['fd00:2::9', false],
  ['::1', false],
  // A connection that is gone by the time that it is looked at has no address.
  ['', false],
]

for (const [client, wanted] of CLIENTS) {
  test(`${client || 'no address'} ${wanted ? 'may' : 'may not'} ask, the first time and later`, () => {
    const allows = accessList(NETWORKS)
    assert.deepEqual([allows(client), allows(client)], [wanted, wanted])
  })
}

test('without networks nobody may ask, and with /0 everybody of that family', () => {
  assert.equal(accessList([])('127.0.0.1'), false)
  const all = accessList([{ host: '0.0.0.0', bits: 0 }])
  assert.deepEqual([all('203.0.113.9'), all('::1')], [true, false])
})

test('an address is in a network exactly if the first bits are the same', () => {
  const number = fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0x0a00_0000, 0x0a00_0001, 0x0aff_ffff))
  const text = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.')
  fc.assert(
    fc.property(number, number, fc.integer({ min: 1, max: 32 }), (network, client, bits) => {
      const same = (network ^ client) >>> (32 - bits) === 0
      assert.equal(accessList([{ host: text(network), bits }])(text(client)), same)
    }),
  )
})

test('each of many clients is told apart', () => {
  const allows = accessList(NETWORKS)
  const clients = Array.from({ length: 10_000 }, (_, i) => `10.1.${i >> 8}.${i & 0xff}`)
  assert.deepEqual(clients.filter(allows), clients.slice(512, 1024))
})
