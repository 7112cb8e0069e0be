import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isWildcard, parseIpAddress, parseServerAddress } from '../../lib/config/address.ts'

test('an address is IP, IPv4:port or [IPv6]:port', () => {
  const rows: readonly (readonly [string, string, number])[] = [
    ['10.0.0.1', '10.0.0.1', 53],
    ['10.0.0.1:54', '10.0.0.1', 54],
    ['2001:db8::1', '2001:db8::1', 53],
    ['[2001:db8::1]', '2001:db8::1', 53],
    ['[2001:db8::1]:54', '2001:db8::1', 54],
    ['10.0.0.1:65535', '10.0.0.1', 65_535],
    ['2001:DB8:0:0::1', '2001:db8::1', 53],
    ['::ffff:10.0.0.1', '10.0.0.1', 53],
    ['[::FFFF:a00:1]:54', '10.0.0.1', 54],
    ['::ffff:0:10.0.0.1', '::ffff:0:a00:1', 53],
    ['fe80:0::1%eth0', 'fe80::1%eth0', 53],
    ['[2001:db8::1%eth0]:54', '2001:db8::1', 54],
  ]
  for (const [text, host, port] of rows) assert.deepEqual(parseIpAddress(text, 53), { host, port }, text)
})

test('what is no address is none, whatever is near to one', () => {
  const port = ['10.0.0.1:', '10.0.0.1:0', '10.0.0.1:65536', '10.0.0.1:053000', '10.0.0.1:+53', '10.0.0.1:1e3', ':53']
  const brackets = ['[10.0.0.1]:53', '[2001:db8::1', '2001:db8::1]:53', '[]:53', '[::1]53', '2001:db8::1:54:zz']
  const host = ['', ' ', ':', '10.0.0', 'ns.example', '10.0.0.01', '0x7f.1', '1', '10.0.0.1/8']
  const blanks = [' 10.0.0.1', '10.0.0.1\n', '10.0.0.1:53\n', '10.0.0.1:5 3']
  for (const text of [...port, ...brackets, ...host, ...blanks])
    assert.equal(parseIpAddress(text, 53), undefined, JSON.stringify(text))
})

test('port 0 is allowed only where a system may choose, and a port must be given where there is no default', () => {
  assert.deepEqual(parseIpAddress('10.0.0.1:0', undefined, true), { host: '10.0.0.1', port: 0 })
  assert.equal(parseIpAddress('10.0.0.1', undefined, true), undefined)
  assert.equal(parseIpAddress('::1', undefined, true), undefined)
  assert.equal(parseIpAddress('[::1]', undefined, true), undefined)
})

test('a server may be a host name too, in lower case and without a port', () => {
  assert.deepEqual(parseServerAddress('Google-Public-DNS-a.Google.com', 53), {
    host: 'google-public-dns-a.google.com',
    port: 53,
  })
  assert.deepEqual(parseServerAddress('ns', 53), { host: 'ns', port: 53 })
  for (const text of [
    '',
    '-a.b',
    'a-.b',
    'a..b',
    'a_b',
    'ns.example:53',
    'a.b.',
    '10.0.0',
    '10.0.0.256',
    'a'.repeat(254),
    `${'a'.repeat(64)}.b`,
    `b.${'a'.repeat(64)}`,
    '\u212aelvin',
  ])
    assert.equal(parseServerAddress(text, 53), undefined, text)
  const longest = `${'abcdefg.'.repeat(31)}abcde`
  assert.deepEqual(parseServerAddress(longest, 53), { host: longest, port: 53 })
  assert.equal(parseServerAddress(`${longest}f`, 53), undefined)
})

test('every port of every address is read as it is written', () => {
  const address = fc.oneof(
    fc.ipV4().map((host) => ({ host, text: host })),
    fc.ipV6().map((host) => ({ host, text: `[${host}]` })),
  )
  fc.assert(
    fc.property(address, fc.integer({ min: 1, max: 65_535 }), ({ host, text }, port) => {
      assert.deepEqual(parseIpAddress(`${text}:${port}`, undefined)?.port, port)
      assert.deepEqual(parseIpAddress(host, 53)?.port, 53)
    }),
    { numRuns: 300 },
  )
})

test('no text at all makes it throw or give a port out of range', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[[\]:.0-9a-f]{0,24}$/)), (text) => {
      for (const found of [parseIpAddress(text, 53), parseServerAddress(text, 53)])
        assert.ok(found === undefined || (found.port >= 1 && found.port <= 65_535))
    }),
    { numRuns: 500 },
  )
})

test('every spelling of the unspecified address is a wildcard, and no other address is', () => {
  for (const host of ['0.0.0.0', '::', '0::0', '0:0:0:0:0:0:0:0', '::0.0.0.0', '::ffff:0.0.0.0', '::ffff:0:0'])
    assert.equal(isWildcard(host), true, host)
  for (const host of ['127.0.0.1', '0.0.0.1', '::1', '::ffff:127.0.0.1', 'fd00::', '10.0.0.0'])
    assert.equal(isWildcard(host), false, host)
})
