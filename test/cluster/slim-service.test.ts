import assert from 'node:assert/strict'
import { test } from 'node:test'
import { externalName, service } from '../helpers/objects.ts'
import { slimmed, slimService } from './slimmed.ts'

test('a Service keeps what DNS needs and nothing else', () => {
  const object = service('web.shop', ['10.0.0.1', 'fd00::1'], {
    labels: { app: 'web' },
    annotations: { note: 'x' },
    spec: {
      selector: { app: 'web' },
      ports: [
        { name: 'HTTP', protocol: 'TCP', port: 80, targetPort: 'http', nodePort: 30_080 },
        { name: 'dns', protocol: 'UDP', port: 53 },
      ],
    },
  })
  assert.deepEqual(slimService(object), {
    kind: 'Service',
    namespace: 'shop',
    name: 'web',
    type: 'ClusterIP',
    clusterIPs: ['10.0.0.1', 'fd00::1'],
    externalName: '',
    ports: [
      { name: 'http', protocol: 'tcp', port: 80 },
      { name: 'dns', protocol: 'udp', port: 53 },
    ],
    publishNotReadyAddresses: false,
    health: {},
  })
})

test('a Service without a namespace is in the namespace default, and a port without protocol is TCP', () => {
  const { namespace, ports } = slimService({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { clusterIP: '10.0.0.1', ports: [{ port: 80 }] },
  })
  assert.deepEqual([namespace, ports], ['default', [{ name: '', protocol: 'tcp', port: 80 }]])
})

test('a port whose name or protocol is null has none', () => {
  const spec = { ports: [{ name: null, protocol: null, port: 80 }] }
  assert.deepEqual(slimService(service('web.shop', '10.0.0.1', { spec })).ports, [
    { name: '', protocol: 'tcp', port: 80 },
  ])
})

test('the kind of a Service follows from its cluster IPs and its type', () => {
  const typeOf = (spec: object) => slimService(service('web.shop', '10.0.0.1', { spec: { ...spec } })).type
  assert.equal(typeOf({ type: 'LoadBalancer' }), 'ClusterIP')
  assert.equal(typeOf({ type: 'NodePort' }), 'ClusterIP')
  assert.equal(typeOf({ type: undefined }), 'ClusterIP')
  assert.equal(typeOf({ clusterIP: 'None', clusterIPs: ['None'] }), 'Headless')
  assert.equal(typeOf({ clusterIP: 'None', clusterIPs: undefined }), 'Headless')
  assert.equal(slimService(externalName('web.shop', 'a.example')).type, 'ExternalName')
})

test('a Service of old that has clusterIP alone is used', () => {
  const spec = { clusterIPs: undefined, clusterIP: '10.0.0.9' }
  assert.deepEqual(slimService(service('web.shop', '10.0.0.1', { spec })).clusterIPs, ['10.0.0.9'])
})

test('where both are given, clusterIPs counts', () => {
  const spec = { clusterIPs: ['10.0.0.8'], clusterIP: '10.0.0.9' }
  assert.deepEqual(slimService(service('web.shop', '10.0.0.1', { spec })).clusterIPs, ['10.0.0.8'])
})

test('the lowest and the highest port, and a hold of a day, are right', () => {
  const spec = { ports: [{ port: 1 }, { port: 65_535 }] }
  const annotations = { 'feddns.io/leave-after': '24h', 'feddns.io/return-after': '0s' }
  const { ports, health } = slimService(service('web.shop', '10.0.0.1', { spec, annotations }))
  assert.deepEqual(
    ports.map(({ port }) => port),
    [1, 65_535],
  )
  assert.deepEqual(health, { leaveAfterMs: 86_400_000, returnAfterMs: 0 })
})

test('a Service without ports, or with none, has none', () => {
  for (const ports of [undefined, null, []])
    assert.deepEqual(slimService(service('web.shop', '10.0.0.1', { spec: { ports } })).ports, [])
})

test('the target of an ExternalName is kept in lower case without a final dot', () => {
  for (const [given, kept] of [
    ['Web.Example.COM.', 'web.example.com'],
    ['localhost', 'localhost'],
    ['_x._tcp.a-b.example', '_x._tcp.a-b.example'],
    ['10.0.0.1', '10.0.0.1'],
  ])
    assert.equal(slimService(externalName('web.shop', given as string)).externalName, kept)
})

test('annotations override the health of one Service', () => {
  const annotations = {
    'feddns.io/min-ready': '3',
    'feddns.io/leave-after': '1m30s',
    'feddns.io/return-after': '500ms',
  }
  const overrides = { minReady: 3, leaveAfterMs: 90_000, returnAfterMs: 500 }
  assert.deepEqual(slimService(service('web.shop', '10.0.0.1', { annotations })).health, overrides)
})

test('publishNotReadyAddresses is kept', () => {
  const spec = { publishNotReadyAddresses: true }
  assert.equal(slimService(service('web.shop', '10.0.0.1', { spec })).publishNotReadyAddresses, true)
})

// A part that is wrong is left out and told of; the rest of the Service is used.
const WRONG_PARTS: readonly (readonly [string, object, RegExp])[] = [
  ['a cluster IP', { spec: { clusterIPs: ['10.0.0.1', '10.0.0.256'] } }, /cluster IP "10\.0\.0\.256" is not an IP/],
  ['a cluster IP with a zone', { spec: { clusterIPs: ['10.0.0.1', 'fe80::1%eth0'] } }, /cluster IP "fe80::1%eth0"/],
  ['a cluster IP that is no text', { spec: { clusterIPs: ['10.0.0.1', 7] } }, /cluster IP 7 is not an IP/],
  ['a port 0', { spec: { ports: [{ port: 0 }] } }, /port 0 is not a whole number from 1 to 65535/],
  ['a port 65536', { spec: { ports: [{ port: 65_536 }] } }, /port 65536 is not/],
  ['a port that is text', { spec: { ports: [{ port: '80' }] } }, /port "80" is not/],
  ['a port with half a number', { spec: { ports: [{ port: 80.5 }] } }, /port 80\.5 is not/],
  ['a protocol that is no text', { spec: { ports: [{ port: 80, protocol: { toString: 1 } }] } }, /protocol/],
  ['ports that are no list', { spec: { ports: 'http' } }, /ports.*"http"/],
  ['min-ready 0', { annotations: { 'feddns.io/min-ready': '0' } }, /feddns\.io\/min-ready is "0", but must be a whole/],
  ['min-ready x', { annotations: { 'feddns.io/min-ready': 'x' } }, /feddns\.io\/min-ready is "x"/],
  ['min-ready no text', { annotations: { 'feddns.io/min-ready': 2 } }, /feddns\.io\/min-ready is 2/],
  ['leave-after', { annotations: { 'feddns.io/leave-after': '5' } }, /leave-after is "5", but must be a duration/],
  [
    'return-after',
    { annotations: { 'feddns.io/return-after': '-1s' } },
    /return-after is "-1s", but must be a duration/,
  ],
  ['a hold over a day', { annotations: { 'feddns.io/leave-after': '30d' } }, /leave-after is "30d"/],
  ['an endless hold', { annotations: { 'feddns.io/return-after': `${'9'.repeat(400)}d` } }, /return-after is "9/],
]

for (const [what, parts, message] of WRONG_PARTS) {
  test(`of a Service with ${what} that is wrong, the rest is used, and the part is named`, () => {
    const { kept, problems } = slimmed(service('web.shop', '10.0.0.1', parts))
    assert.equal(kept?.kind === 'Service' ? kept.clusterIPs[0] : undefined, '10.0.0.1')
    assert.ok(
      problems.length === 1 && problems[0]?.startsWith('Service shop/web: ') && message.test(problems[0]),
      problems.join('\n') || 'nothing was said',
    )
    if (kept?.kind === 'Service') assert.deepEqual([kept.health, kept.ports.length > 1], [{}, false])
  })
}

// What leaves nothing of a Service.
const REFUSED: readonly (readonly [string, object, RegExp])[] = [
  ['no cluster IP', service('web.shop', '10.0.0.1', { spec: { clusterIP: undefined, clusterIPs: [] } }), /cluster IP/],
  ['a bad cluster IP', service('web.shop', 'x'), /^Service shop\/web: cluster IP "x" is not an IP address/],
  ['no spec', { ...service('web.shop'), spec: undefined }, /^Service shop\/web: cluster IP undefined/],
  ['an IP for a spec', { ...service('web.shop'), spec: '10.0.0.1' }, /^Service shop\/web: /],
  ['upper case in its name', service('Web.shop'), /^Service shop\/Web: the name is not an RFC 1123 label/],
  ['an underscore in its name', service('w_b.shop'), /^Service shop\/w_b: the name is not an RFC 1123 label/],
  ['a name of 64 octets', service(`${'a'.repeat(64)}.shop`), /: the name is not an RFC 1123 label/],
  ['a namespace that is no label', service('web.Shop'), /^Service web: namespace "Shop" is not an RFC 1123 label/],
  ['a namespace that is a number', { ...service('web'), metadata: { name: 'web', namespace: 7 } }, /namespace 7/],
  ['no name', { ...service('web.shop'), metadata: { namespace: 'shop' } }, /a Service without metadata\.name/],
  ['an empty name', { ...service('web.shop'), metadata: { name: '' } }, /a Service without metadata\.name/],
  ['no metadata', { ...service('web.shop'), metadata: null }, /a Service without metadata\.name/],
  ['no target', externalName('web.shop', ''), /^Service shop\/web: spec\.externalName "" is not a domain name/],
  ['a target with a blank', externalName('web.shop', 'a b'), /spec\.externalName "a b" is not a domain name/],
  ['a target with an empty label', externalName('web.shop', 'a..b'), /spec\.externalName "a\.\.b"/],
  ['a target with a label of 64', externalName('web.shop', `${'a'.repeat(64)}.b`), /spec\.externalName "aaa/],
  ['a target of 300 octets', externalName('web.shop', `${'abcde.'.repeat(50)}b`), /spec\.externalName "abcde/],
]

for (const [what, object, message] of REFUSED) {
  test(`a Service with ${what} is refused by name`, () => {
    const { kept, problems } = slimmed(object)
    assert.equal(kept, undefined)
    assert.match(problems.join('\n'), message)
  })
}
