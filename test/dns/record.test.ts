import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { TYPE } from '../../lib/dns/constants.ts'
import type { RdataPiece } from '../../lib/dns/expand-rdata.ts'
import { parseName, ROOT } from '../../lib/dns/name.ts'
import {
  addressRecord,
  aliasTarget,
  cnameRecord,
  earliestExpiryMs,
  hinfoRecord,
  nsRecord,
  soaRecord,
  srvRecord,
} from '../../lib/dns/record.ts'
import { uint16s } from '../helpers/packets.ts'
import { anyName } from './arbitrary-names.ts'

const WEB = parseName('web')
const SOA = { mname: WEB, rname: WEB, serial: 1, minimumSeconds: 5 }
const octets = (pieces: readonly RdataPiece[]): Buffer =>
  Buffer.concat(pieces.map((piece) => ('name' in piece ? Buffer.from(piece.name, 'latin1') : piece.octets)))

const ADDRESSES: readonly [string, number, string][] = [
  ['10.0.0.1', TYPE.A, '0a000001'],
  ['::1', TYPE.AAAA, '00000000000000000000000000000001'],
  ['fd00:0:0::A', TYPE.AAAA, 'fd00000000000000000000000000000a'],
  ['::ffff:10.0.0.1', TYPE.AAAA, '00000000000000000000ffff0a000001'],
]

for (const [address, type, hex] of ADDRESSES) {
  test(`the record of ${address}`, () => {
    const record = addressRecord(WEB, 5, address)
    assert.deepEqual([record.owner, record.type, record.class, record.ttlSeconds], [WEB, type, 1, 5])
    assert.equal(octets(record.rdata).toString('hex'), hex)
  })
}

test('what is no address is refused by name', () => {
  for (const bad of ['', 'web', '10.0.0', '10.0.0.256', '10.0.0.1:80', '[::1]']) {
    assert.throws(() => addressRecord(WEB, 5, bad), { name: 'RangeError', message: `"${bad}" is not an IP address` })
  }
})

test('an SRV record has priority 0, weight, port and any target at all', () => {
  fc.assert(
    fc.property(anyName, fc.nat(65_535), fc.nat(65_535), (target, weight, port) => {
      const { type, rdata } = srvRecord(WEB, 5, { weight, port, target })
      assert.equal(type, TYPE.SRV)
      assert.deepEqual(octets(rdata), Buffer.concat([uint16s(0, weight, port), Buffer.from(target, 'latin1')]))
      assert.ok(rdata.some((piece) => 'name' in piece && piece.name === target))
    }),
  )
})

test('an SOA record has its names, serial and minimum', () => {
  fc.assert(
    fc.property(anyName, anyName, fc.nat(0xffff_ffff), (mname, rname, serial) => {
      const rdata = octets(soaRecord(WEB, 5, { mname, rname, serial, minimumSeconds: 30 }).rdata)
      const names = Buffer.from(mname + rname, 'latin1')
      assert.deepEqual(rdata.subarray(0, names.length), names)
      assert.equal(rdata.readUInt32BE(names.length), serial)
      assert.equal(rdata.readUInt32BE(rdata.length - 4), 30)
      assert.equal(rdata.length, names.length + 20)
    }),
  )
})

test('CNAME and NS lead to any name', () => {
  fc.assert(
    fc.property(anyName, (target) => {
      for (const record of [cnameRecord(WEB, 5, target), nsRecord(WEB, 5, target)]) {
        assert.deepEqual(octets(record.rdata), Buffer.from(target, 'latin1'))
      }
    }),
  )
})

test('the answer to ANY is HINFO "RFC8482" ""', () => {
  assert.equal(octets(hinfoRecord(WEB, 5).rdata).toString('latin1'), '\x07RFC8482\0')
})

test('only a CNAME leads to another name', () => {
  assert.equal(aliasTarget(cnameRecord(WEB, 5, ROOT)), ROOT)
  assert.equal(aliasTarget(nsRecord(WEB, 5, ROOT)), undefined)
  assert.equal(aliasTarget(addressRecord(WEB, 5, '10.0.0.1')), undefined)
  assert.equal(aliasTarget(soaRecord(WEB, 5, SOA)), undefined)
})

test('of several records the first that runs down counts', () => {
  const until = (expiresAtMs: number) => ({ ...hinfoRecord(WEB, 5), expiresAtMs })
  assert.equal(earliestExpiryMs([hinfoRecord(WEB, 5), until(9), until(7), until(8)]), 7)
  assert.equal(earliestExpiryMs([hinfoRecord(WEB, 5)]), Number.POSITIVE_INFINITY)
  assert.equal(earliestExpiryMs([]), Number.POSITIVE_INFINITY)
})
