import assert from 'node:assert/strict'
import { BlockList, isIPv4 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { networkPrefix } from '../../lib/server/network-prefix.ts'

test('two addresses are in one network exactly when Node says so', () => {
  const isSame = (one: string, other: string, bits: { ipv4: number; ipv6: number }): boolean => {
    const list = new BlockList()
    const family = isIPv4(one) ? 'ipv4' : 'ipv6'
    list.addSubnet(one, bits[family], family)
    return list.check(other, family)
  }
  const bits = fc.record({ ipv4: fc.integer({ min: 1, max: 32 }), ipv6: fc.integer({ min: 1, max: 128 }) })
  // Alike at the beginning, or nearly all pairs would be in different networks.
  const ipv4 = fc
    .tuple(fc.constantFrom('203.0', '203.1', '10.0'), fc.nat(255), fc.nat(255))
    .map((parts) => parts.join('.'))
  const group = fc.nat(0xffff).map((value) => value.toString(16))
  const ipv6 = fc
    .tuple(fc.constantFrom('2001:db8', 'fd00:1'), fc.constantFrom('0:0', 'ff00:1', 'ff01:1'), group)
    .map(([head, middle, tail]) => `${head}:${middle}::${tail}`)
  for (const address of [ipv4, ipv6]) {
    fc.assert(
      fc.property(address, address, bits, (one, other, bits) => {
        assert.equal(networkPrefix(one, bits) === networkPrefix(other, bits), isSame(one, other, bits))
      }),
    )
  }
})

test('an interface is no part of it, and IPv4 in IPv6 is IPv4', () => {
  const bits = { ipv4: 24, ipv6: 64 }
  assert.equal(networkPrefix('fe80::1%eth0', bits), networkPrefix('fe80::2', bits))
  assert.equal(networkPrefix('::ffff:203.0.113.9', bits), networkPrefix('203.0.113.1', bits))
  assert.notEqual(networkPrefix('::', bits), networkPrefix('0.0.0.0', bits))
})
