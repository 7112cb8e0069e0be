import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatServer, parseNamedServer, parseServer, type Server } from '../../lib/config/server.ts'

type Row = readonly [string, Server]

// What is written, and what it is.
const FORMS: readonly Row[] = [
  ['10.0.0.2', { protocol: 'dns', host: '10.0.0.2', port: 53 }],
  ['dns://10.0.0.2', { protocol: 'dns', host: '10.0.0.2', port: 53 }],
  ['dns://[2001:DB8:0::1]:5353', { protocol: 'dns', host: '2001:db8::1', port: 5353 }],
  ['tcp://10.0.0.2', { protocol: 'tcp', host: '10.0.0.2', port: 53 }],
  ['tcp://10.0.0.2:65535', { protocol: 'tcp', host: '10.0.0.2', port: 65_535 }],
  ['tcp://2001:db8::1', { protocol: 'tcp', host: '2001:db8::1', port: 53 }],
  ['tls://9.9.9.9', { protocol: 'tls', host: '9.9.9.9', port: 853 }],
  ['tls://9.9.9.9#dns.quad9.net', { protocol: 'tls', host: '9.9.9.9', port: 853, serverName: 'dns.quad9.net' }],
  ['tls://9.9.9.9:1#DNS.Quad9.Net', { protocol: 'tls', host: '9.9.9.9', port: 1, serverName: 'dns.quad9.net' }],
  ['tls://[2620:fe::fe]:8853#dns', { protocol: 'tls', host: '2620:fe::fe', port: 8853, serverName: 'dns' }],
  ['tls://2620:fe::fe#dns', { protocol: 'tls', host: '2620:fe::fe', port: 853, serverName: 'dns' }],
  ['https://9.9.9.9/', { protocol: 'https', host: '9.9.9.9', port: 443, path: '/' }],
  ['https://[::1]:8443/Dns-Query', { protocol: 'https', host: '::1', port: 8443, path: '/Dns-Query' }],
  ['https://9.9.9.9/q#A.b', { protocol: 'https', host: '9.9.9.9', port: 443, serverName: 'a.b', path: '/q' }],
  ['tls://[::ffff:9.9.9.9]', { protocol: 'tls', host: '9.9.9.9', port: 853 }],
  ['tcp://[FE80:0::1%eth0]', { protocol: 'tcp', host: 'fe80::1%eth0', port: 53 }],
  ['https://9.9.9.9/%C3%A9//..', { protocol: 'https', host: '9.9.9.9', port: 443, path: '/%C3%A9//..' }],
  ['https://9.9.9.9/dns-query{?dns}', { protocol: 'https', host: '9.9.9.9', port: 443, path: '/dns-query' }],
  ['https://9.9.9.9/{?dns}#a', { protocol: 'https', host: '9.9.9.9', port: 443, serverName: 'a', path: '/' }],
  ['https://9.9.9.9/q?client=1', { protocol: 'https', host: '9.9.9.9', port: 443, path: '/q?client=1' }],
]

for (const [text, server] of FORMS) {
  test(`${text} is a server`, () => {
    assert.deepEqual(parseServer(text), server)
    assert.deepEqual(parseNamedServer(text), server)
  })
}

const NONE: Readonly<Record<string, readonly string[]>> = {
  'a port out of range': ['tcp://10.0.0.1:0', 'tls://10.0.0.1:65536', 'https://10.0.0.1:0/q', 'dns://10.0.0.1:'],
  'a host name instead of an address': ['tls://dns.quad9.net', 'tls://a#a', 'https://dns.quad9.net/q', 'tcp://ns'],
  'HTTPS without a path': ['https://9.9.9.9', 'https://9.9.9.9#dns', 'https://9.9.9.9:443', 'https://9.9.9.9?a=b'],
  'a path where there is none': [
    'tls://9.9.9.9/',
    'tls://9.9.9.9/q#a',
    'tcp://9.9.9.9/q',
    'dns://9.9.9.9/',
    '9.9.9.9/q',
  ],
  'a name without a certificate': ['tcp://9.9.9.9#a', 'dns://9.9.9.9#a', '9.9.9.9#a', '9.9.9.9#5353'],
  'an empty piece': [
    '',
    'tls://',
    'tls://#a',
    'https:///q',
    '://9.9.9.9',
    'tls://9.9.9.9#',
    'https://9.9.9.9/q#',
    '#a',
  ],
  'what is no name of a host': ['a_b', 'a.', '-a', 'a b', 'a#b', '*.a', '1.2', 'b\u00fccher.de', '\u212aelvin'].map(
    (name) => `tls://9.9.9.9#${name}`,
  ),
  'a name that is too long': ['a'.repeat(64), `a.${'b'.repeat(64)}`, `${'abcdefg.'.repeat(31)}abcdef`].map(
    (name) => `tls://9.9.9.9#${name}`,
  ),
  'an address for a name': ['tls://9.9.9.9#9.9.9.9', 'tls://9.9.9.9#::1', 'https://9.9.9.9/q#[::1]'],
  'a wildcard': ['0.0.0.0', '::', '[::]:53', 'dns://0.0.0.0', 'tls://0::0#a', 'https://[::ffff:0:0]/q'],
  'what an URL may not have in its path': [
    '\0',
    '\x7f',
    '\ud800',
    '\u00e9',
    '%zz',
    '%2',
    'a\\b',
    '"',
    '<',
    '|',
    '^',
    '`',
  ].map((piece) => `https://9.9.9.9/q${piece}`),
  'a variable in a path': ['{dns}', '{?dns,x}', '{?x}', '{?dns}/q', '{', '}'].map(
    (piece) => `https://9.9.9.9/q${piece}`,
  ),
  'a template without a path': ['https://9.9.9.9{?dns}'],
  credentials: ['https://u:p@9.9.9.9/q', 'tls://u@9.9.9.9'],
  'another scheme': ['quic://9.9.9.9', 'udp://9.9.9.9', 'http://9.9.9.9/q', 'TLS://9.9.9.9', 'toString://9.9.9.9'],
  'a scheme that is not one': ['tls:9.9.9.9', 'tls:/9.9.9.9', 'tls:///9.9.9.9', 'tls://tls://9.9.9.9'],
  blanks: [
    ' tls://9.9.9.9',
    'tls://9.9.9.9 ',
    'tls:// 9.9.9.9',
    'tls://9.9.9.9\n',
    'tls://9.9.9.9#a\n',
    'tls://9.9.9.9 #a',
  ],
  'blanks in a path': ['https://9.9.9.9/a b', 'https://9.9.9.9/q\n', 'https://9.9.9.9/\tq', 'https://9.9.9.9/q #a'],
}

for (const [what, texts] of Object.entries(NONE)) {
  test(`${what} makes it no server`, () => {
    for (const text of texts) {
      assert.equal(parseServer(text), undefined, JSON.stringify(text))
      assert.equal(parseNamedServer(text), undefined, JSON.stringify(text))
    }
  })
}

test('plain DNS alone may go to a server that is known by its name', () => {
  assert.deepEqual(parseNamedServer('NS.Acme.Example'), { protocol: 'dns', host: 'ns.acme.example', port: 53 })
  assert.equal(parseServer('ns.acme.example'), undefined)
  assert.equal(parseNamedServer(`${'a'.repeat(64)}.example`), undefined)
  assert.equal(parseNamedServer(`${'a'.repeat(63)}.example`)?.host, `${'a'.repeat(63)}.example`)
})

test('a server is written with its port, with its protocol unless it is plain DNS, and with its name and path', () => {
  const written = FORMS.map(([text]) => text).map((text) => formatServer(parseServer(text) as Server))
  assert.deepEqual(written.slice(0, 4), ['10.0.0.2:53', '10.0.0.2:53', '[2001:db8::1]:5353', 'tcp://10.0.0.2:53'])
  assert.equal(formatServer(parseServer('tls://2620:fe::fe#Dns') as Server), 'tls://[2620:fe::fe]:853#dns')
  assert.equal(formatServer(parseServer('https://9.9.9.9/q#a') as Server), 'https://9.9.9.9:443/q#a')
  assert.equal(formatServer({ protocol: 'dns', host: 'ns.acme', port: 53 }), 'ns.acme:53')
})

const ipv6 = fc
  .ipV6()
  .map((text) => new URL(`http://[${text}]`).hostname.slice(1, -1))
  .filter((host) => host !== '::' && !host.startsWith('::ffff:'))
const ipv4 = fc.ipV4().filter((host) => host !== '0.0.0.0')
const serverName = fc.stringMatching(/^[a-z]([-a-z0-9]{0,9}[a-z0-9])?(\.[a-z][a-z0-9]{0,9}){0,3}$/)
const urlPath = fc.stringMatching(/^\/[A-Za-z0-9._~!$&'()*+,;=:@/-]{0,20}(\?[a-z0-9=&]{1,10})?$/)

const server: fc.Arbitrary<Server> = fc
  .record({
    host: fc.oneof(ipv4, ipv6),
    port: fc.integer({ min: 1, max: 65_535 }),
    kind: fc.oneof(
      fc.constantFrom<Pick<Server, 'protocol'>>({ protocol: 'dns' }, { protocol: 'tcp' }, { protocol: 'tls' }),
      serverName.map((name): Pick<Server, 'protocol' | 'serverName'> => ({ protocol: 'tls', serverName: name })),
      urlPath.map((path): Pick<Server, 'protocol' | 'path'> => ({ protocol: 'https', path })),
      fc.record({ protocol: fc.constant('https' as const), serverName, path: urlPath }),
    ),
  })
  .map(({ host, port, kind }) => ({ host, port, ...kind }))

test('what is written of a server is read as the same server', () => {
  fc.assert(
    fc.property(server, (given) => assert.deepEqual(parseServer(formatServer(given)), given)),
    { numRuns: 500 },
  )
})

test('no text at all makes it throw; what it takes for a server is written and read as itself', () => {
  const near = fc.stringMatching(/^((dns|tcp|tls|https|x):\/\/)?[0-9a-f.:[\]]{0,16}(\/[ -~]{0,8})?(#[ -~]{0,8})?$/)
  const broken = fc
    .tuple(server.map(formatServer), fc.nat(40), fc.string({ unit: 'binary', maxLength: 2 }))
    .map(([text, at, piece]) => text.slice(0, at) + piece + text.slice(at))
  fc.assert(
    fc.property(fc.oneof(fc.string(), near, broken), (text) => {
      const found = parseServer(text)
      if (found === undefined) return
      assert.ok(found.port >= 1 && found.port <= 65_535)
      assert.deepEqual(parseServer(formatServer(found)), found)
    }),
    { numRuns: 1000 },
  )
})
