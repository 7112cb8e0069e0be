import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slice } from '../helpers/objects.ts'
import { slimmed, slimSlice } from './slimmed.ts'

test('an EndpointSlice keeps what DNS needs and nothing else', () => {
  const object = slice('web.shop', [
    {
      addresses: ['10.1.0.1', '10.1.0.2'],
      conditions: { ready: true, serving: true, terminating: false },
      hostname: 'Web-0',
      nodeName: 'n1',
      zone: 'z',
      targetRef: { kind: 'Pod', name: 'web-0', namespace: 'shop', uid: 'u-0' },
    },
    '!10.1.0.3',
  ])
  assert.deepEqual(slimSlice(object), {
    kind: 'EndpointSlice',
    namespace: 'shop',
    name: 'web-a',
    service: 'web',
    family: 'IPv4',
    ports: [{ name: 'http', protocol: 'tcp', port: 80 }],
    endpoints: [
      { addresses: ['10.1.0.1', '10.1.0.2'], ready: true, hostname: 'web-0', pod: 'u-0' },
      { addresses: ['10.1.0.3'], ready: false, hostname: '', pod: '10.1.0.3' },
    ],
  })
})

test('an endpoint is ready unless it says that it is not', () => {
  const conditions = [undefined, null, {}, { ready: null }, { ready: true }, { ready: false }, { serving: false }]
  const endpoints = conditions.map((value, i) => ({ addresses: [`10.1.0.${i}`], conditions: value }))
  const ready = slimSlice(slice('web.shop', endpoints)).endpoints.map((endpoint) => endpoint.ready)
  assert.deepEqual(ready, [true, true, true, true, true, false, true])
})

test('a pod is told apart by its uid, else by its name, else by its first address', () => {
  const endpoints = [
    { addresses: ['10.1.0.1'], targetRef: { uid: 'u', name: 'n' } },
    { addresses: ['10.1.0.2'], targetRef: { name: 'n' } },
    { addresses: ['10.1.0.3', '10.1.0.4'] },
    { addresses: ['10.1.0.5'], targetRef: null },
  ]
  const pods = slimSlice(slice('web.shop', endpoints)).endpoints.map(({ pod }) => pod)
  assert.deepEqual(pods, ['u', 'n', '10.1.0.3', '10.1.0.5'])
})

test('a slice may have no endpoints and no ports, and a port without a number means all', () => {
  const empty = slimSlice({ ...slice('web.shop'), endpoints: undefined, ports: null })
  assert.deepEqual([empty.endpoints, empty.ports], [[], []])
  assert.deepEqual(slimSlice({ ...slice('web.shop'), endpoints: null }).endpoints, [])
  assert.deepEqual(slimSlice(slice('web.shop', [], { ports: [{ name: '' }, { port: null }] })).ports, [])
})

test('a slice of host names, or of no Service, is left alone without a word', () => {
  for (const object of [
    slice('web.shop', [{ addresses: ['ns.example'] }], { addressType: 'FQDN' }),
    slice('web.shop', ['10.1.0.1'], { metadata: { labels: undefined } }),
    slice('web.shop', ['10.1.0.1'], { metadata: { labels: { app: 'web' } } }),
  ])
    assert.deepEqual(slimmed(object), { kept: undefined, problems: [] })
})

test('a hostname of 63 octets is used, one that is no label is left out and named, its address stays', () => {
  const longest = 'h'.repeat(63)
  assert.equal(
    slimSlice(slice('web.shop', [{ addresses: ['10.1.0.1'], hostname: longest }])).endpoints[0]?.hostname,
    longest,
  )
  for (const hostname of ['h'.repeat(64), 'a.b', 'a_b', '-a', 7, {}]) {
    const { kept, problems } = slimmed(slice('web.shop', [{ addresses: ['10.1.0.1'], hostname }]))
    assert.ok(kept?.kind === 'EndpointSlice')
    assert.deepEqual(kept.endpoints, [{ addresses: ['10.1.0.1'], ready: true, hostname: '', pod: '10.1.0.1' }])
    assert.match(problems.join('\n'), /^EndpointSlice shop\/web-a: hostname .* is not an RFC 1123 label$/)
  }
  for (const hostname of ['', null])
    assert.deepEqual(slimmed(slice('web.shop', [{ addresses: ['10.1.0.1'], hostname }])).problems, [])
})

test('an endpoint whose readiness is neither true nor false is not ready, and named', () => {
  for (const ready of ['true', 'false', 1, {}]) {
    const { kept, problems } = slimmed(slice('web.shop', [{ addresses: ['10.1.0.1'], conditions: { ready } }]))
    assert.equal(kept?.kind === 'EndpointSlice' && kept.endpoints[0]?.ready, false)
    assert.match(problems.join('\n'), /^EndpointSlice shop\/web-a: .*ready/)
  }
})

// An endpoint that is wrong is left out and told of; the others are used.
const WRONG_ENDPOINTS: readonly (readonly [string, unknown, RegExp])[] = [
  ['an octet over 255', { addresses: ['10.1.0.256'] }, /endpoint address "10\.1\.0\.256" is not an IPv4 address/],
  ['an address of the other family', { addresses: ['fd00::1'] }, /endpoint address "fd00::1" is not an IPv4 address/],
  ['an address that is a number', { addresses: [167_837_953] }, /endpoint address 167837953 is not/],
  ['an address that is null', { addresses: [null] }, /endpoint address null is not/],
  ['an address with a blank', { addresses: [' 10.1.0.2'] }, /endpoint address " 10\.1\.0\.2" is not/],
  ['no addresses', { addresses: [] }, /address/],
  ['addresses that are no list', { addresses: '10.1.0.2' }, /"10\.1\.0\.2"/],
  ['nothing in it', null, /null/],
  ['text for it', '10.1.0.2', /10\.1\.0\.2/],
]

for (const [what, endpoint, message] of WRONG_ENDPOINTS) {
  test(`an endpoint with ${what} is left out and named, the others are used`, () => {
    const object = { ...slice('web.shop'), endpoints: [endpoint, { addresses: ['10.1.0.9'] }] }
    const { kept, problems } = slimmed(object)
    assert.ok(kept?.kind === 'EndpointSlice')
    assert.deepEqual(
      kept.endpoints.flatMap(({ addresses }) => addresses),
      ['10.1.0.9'],
    )
    assert.match(problems.join('\n'), /^EndpointSlice shop\/web-a: /)
    assert.match(problems.join('\n'), message)
  })
}

test('an IPv6 address with a zone is no address of an endpoint', () => {
  const { kept, problems } = slimmed(slice('web.shop', ['fe80::1%eth0', 'fd00::1']))
  assert.ok(kept?.kind === 'EndpointSlice')
  assert.deepEqual(
    kept.endpoints.flatMap(({ addresses }) => addresses),
    ['fd00::1'],
  )
  assert.match(problems.join('\n'), /"fe80::1%eth0" is not an IPv6 address/)
})

// What leaves nothing of a slice, or a part of it that says nothing.
const WRONG_SLICES: readonly (readonly [string, object, RegExp])[] = [
  [
    'an unknown address type',
    slice('web.shop', ['10.1.0.1'], { addressType: 'ipv4' }),
    /addressType "ipv4" is none of/,
  ],
  ['no address type', { ...slice('web.shop'), addressType: undefined }, /addressType undefined is none of/],
  ['no name', slice('web.shop', [], { metadata: { name: undefined } }), /an? EndpointSlice without metadata\.name/],
  ['a bad namespace', slice('web.shop', [], { metadata: { namespace: 'a.b' } }), /namespace "a\.b" is not an RFC 1123/],
  ['endpoints that are no list', { ...slice('web.shop'), endpoints: { a: 1 } }, /endpoints/],
  ['ports that are no list', slice('web.shop', [], { ports: 80 }), /ports/],
  ['a port that is wrong', slice('web.shop', [], { ports: [{ port: 99_999 }] }), /port 99999 is not a whole number/],
  [
    'a label that is no text',
    slice('web.shop', [], { metadata: { labels: { 'kubernetes.io/service-name': 7 } } }),
    /7/,
  ],
]

for (const [what, object, message] of WRONG_SLICES) {
  test(`of an EndpointSlice with ${what} something is said`, () => {
    const { problems } = slimmed(object)
    assert.match(problems.join('\n'), /EndpointSlice/)
    assert.match(problems.join('\n'), message)
  })
}
