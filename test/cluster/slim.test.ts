import assert from 'node:assert/strict'
import { test } from 'node:test'
import { externalName, node, service, slice } from '../helpers/objects.ts'
import { slimmed, slimNode } from './slimmed.ts'

test('a Node keeps its labels of zone and region, the old ones too', () => {
  const object = node('n1', 'us-central1-f.us-central1', {
    'failure-domain.beta.kubernetes.io/zone': 'old-zone',
    'failure-domain.beta.kubernetes.io/region': 'old-region',
    'kubernetes.io/hostname': 'n1',
  })
  assert.deepEqual(slimNode(object), {
    kind: 'Node',
    name: 'n1',
    labels: {
      'topology.kubernetes.io/zone': 'us-central1-f',
      'topology.kubernetes.io/region': 'us-central1',
      'failure-domain.beta.kubernetes.io/zone': 'old-zone',
      'failure-domain.beta.kubernetes.io/region': 'old-region',
    },
  })
})

test('a Node without labels is a Node', () => {
  assert.deepEqual(slimNode({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } }).labels, {})
})

test('kinds that are not used are left alone without a word', () => {
  for (const [apiVersion, kind] of [
    ['v1', 'Pod'],
    ['v1', 'Endpoints'],
    ['v1', 'ConfigMap'],
    ['apps/v1', 'Deployment'],
    ['gateway.example/v1', 'Service'],
    ['constructor', 'toString'],
  ])
    assert.deepEqual(slimmed({ apiVersion, kind, metadata: {} }), { kept: undefined, problems: [] }, kind ?? '')
})

test('a used kind in a version that is not, or in other letters, is named', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['discovery.k8s.io/v1beta1', 'EndpointSlice'],
    ['v1', 'EndpointSlice'],
    ['v1', 'service'],
    ['V1', 'Node'],
  ]
  for (const [apiVersion, kind] of rows) {
    const { kept, problems } = slimmed({ ...service('web.shop'), apiVersion, kind })
    assert.equal(kept, undefined)
    assert.ok(problems.join('\n').includes(kind), `nothing was said of ${apiVersion} ${kind}`)
  }
})

test('what is no object, or does not say what it is, is refused with what it looks like', () => {
  for (const [value, shown] of [
    [null, 'null'],
    ['text', '"text"'],
    [7, '7'],
    [[{}], '[{}]'],
    [{}, '{}'],
    [{ kind: 'Service' }, '{"kind":"Service"}'],
    [{ apiVersion: 'v1' }, '{"apiVersion":"v1"}'],
    [{ apiVersion: 1, kind: 'Service' }, '{"apiVersion":1'],
  ] as const) {
    const { kept, problems } = slimmed(value)
    assert.equal(kept, undefined)
    assert.ok(problems.length === 1 && problems[0]?.includes(shown), `${shown}: ${problems.join('\n')}`)
  }
})

test('an object that contains itself is no crash', () => {
  const loop: Record<string, unknown> = { apiVersion: 'v1', kind: 'Service' }
  loop['self'] = loop
  loop['metadata'] = { name: 'web', annotations: { 'feddns.io/min-ready': loop } }
  loop['spec'] = { clusterIP: loop, ports: [{ port: loop, protocol: loop }] }
  assert.equal(slimmed(loop).kept, undefined)
  assert.equal(slimmed([loop]).kept, undefined)
  assert.equal(slimmed({ loop }).kept, undefined)
})

test('every problem is one line of bounded length', () => {
  const long = 'x\n'.repeat(50_000)
  for (const object of [
    long,
    { kind: long },
    service('web.shop', long),
    service('web.shop', '10.0.0.1', { spec: { ports: [{ port: long }] } }),
    externalName('web.shop', long),
    slice('web.shop', [long]),
    slice('web.shop', ['10.1.0.1'], { addressType: long }),
    { ...service('web.shop'), metadata: { name: long } },
    { ...service('web.shop'), metadata: { name: 'web', namespace: long } },
  ]) {
    const { problems } = slimmed(object)
    assert.ok(problems.length > 0)
    for (const problem of problems) assert.ok(problem.length < 500 && !problem.includes('\n'), problem.slice(0, 200))
  }
})
