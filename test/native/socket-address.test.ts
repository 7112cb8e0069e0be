import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import fc from 'fast-check'
import { AF_INET, AF_INET6, SocketAddresses } from '../../lib/native/socket-address.ts'
import { library } from './library-under-test.ts'

const addresses = new SocketAddresses(library)
const octetsOf = (host: string, port = 53): Buffer => Buffer.from(addresses.parse(host, port).memory.bytes)

// struct sockaddr_in and sockaddr_in6 as <netinet/in.h> declares them on a little-endian machine.
const sockaddrIn = (address: readonly number[], port: number): Buffer =>
  Buffer.of(2, 0, port >> 8, port & 0xff, ...address, 0, 0, 0, 0, 0, 0, 0, 0)
const sockaddrIn6 = (address: readonly number[], port: number, scope: number): Buffer => {
  const id = Buffer.alloc(4)
  id.writeUInt32LE(scope)
  return Buffer.concat([Buffer.of(10, 0, port >> 8, port & 0xff, 0, 0, 0, 0, ...address), id])
}

const octets = (length: number) => fc.array(fc.nat(255), { minLength: length, maxLength: length })
const ports = fc.nat(0xffff)
const groups = (address: readonly number[]): string[] =>
  Array.from({ length: 8 }, (_, i) => (((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0)).toString(16))

test('text becomes the octets of C, and these become text that means the same', () => {
  fc.assert(
    fc.property(octets(4), ports, (address, port) => {
      const text = address.join('.')
      assert.deepEqual(octetsOf(text, port), sockaddrIn(address, port))
      assert.equal(addresses.format(octetsOf(text, port)), text)
    }),
  )
  // With zeros, so that some are shortened.
  const sparse = fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(sparse, ports, fc.nat(0x7fff), (address, port, scope) => {
      const text = groups(address).join(':') + (scope === 0 ? '' : `%${scope}`)
      assert.deepEqual(octetsOf(text, port), sockaddrIn6(address, port, scope))
      const short = addresses.format(octetsOf(text, port)) ?? ''
      assert.deepEqual(octetsOf(short, port), octetsOf(text, port))
    }),
  )
})

test('addresses are written as RFC 5952 wants them, scopes by the name of the interface', () => {
  for (const text of [
    '::',
    '::1',
    '2001:db8::1',
    '2001:db8:0:1:1:1:1:1',
    '::ffff:192.0.2.1',
    'fe80::1%lo',
    'fe80::1%9999',
  ]) {
    assert.equal(addresses.format(octetsOf(text)), text)
  }
  assert.equal(addresses.format(octetsOf('2001:DB8:0:0:0:0:0:1')), '2001:db8::1')
  const scope = networkInterfaces()['lo']?.find(({ family }) => family === 'IPv6')
  if (scope !== undefined) assert.equal(addresses.format(octetsOf('fe80::1%1')), 'fe80::1%lo')
})

test('what is no address, no port or no interface is refused before the system is asked', () => {
  for (const [host, port] of [
    ['', 53],
    ['localhost', 53],
    ['1.2.3', 53],
    ['1.2.3.4.5', 53],
    ['01.2.3.4', 53],
    ['1.2.3.4\0', 53],
    [':::', 53],
    ['::1%', 53],
    ['fe80::1%nosuch0', 53],
    [`fe80::1%${'x'.repeat(500)}`, 53],
    ['1.2.3.4', -1],
    ['1.2.3.4', 65_536],
    ['1.2.3.4', 1.5],
    ['1.2.3.4', Number.NaN],
  ] as const) {
    assert.throws(() => addresses.parse(host, port), { name: /^(Type|Range)Error$/ }, `${host} ${port}`)
  }
})

test('any octets are an address or none, and never harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(0, 1, AF_INET, AF_INET6, 255), (noise, family) => {
      const packed = Buffer.from(noise)
      if (packed.length >= 2) packed.writeUInt16LE(family)
      const isWhole = packed.length >= (family === AF_INET ? 16 : 28) && (family === AF_INET || family === AF_INET6)
      assert.equal(addresses.format(packed) !== undefined, isWhole)
    }),
  )
})
