import assert from 'node:assert/strict'
import { isIP, isIPv4 } from 'node:net'
import { parse, stringify } from 'yaml'
import { Generations } from '../../../lib/base/generations.ts'
import { Directory } from '../../../lib/cluster/directory.ts'
import { locationOfNode } from '../../../lib/cluster/location.ts'
import { type ClusterObject, objectKey } from '../../../lib/cluster/objects.ts'
import { slim } from '../../../lib/cluster/slim.ts'
import { isRfc1123Label, nameOf, parseName } from '../../../lib/dns/name.ts'
import { readObjects } from '../../../lib/manifests/read-objects.ts'
import { MovedClock } from '../../helpers/moved-clock.ts'
import { externalName, node, service, slice } from '../../helpers/objects.ts'
import { assertShown } from '../checks/assert-shown.ts'
import type { Target } from '../engine/target.ts'

const CLUSTER_DOMAIN = parseName('cluster.local')
const generations = new Generations()
const HEALTH = { minReady: 1, leaveAfterMs: 0, returnAfterMs: 0 }

const SEEDS = [
  service('web.shop', ['10.0.0.1', 'fd00::1'], {
    annotations: { 'feddns.io/min-ready': '2', 'feddns.io/leave-after': '1m' },
  }),
  externalName('ext.shop', 'www.example.com'),
  slice('web.shop', [
    { addresses: ['10.1.0.1'], hostname: 'web-0', conditions: { ready: true }, targetRef: { uid: 'u' } },
  ]),
  node('n1', 'us-central1-f.us-central1'),
  service('odd.shop', 'fe80::1%eth0', { spec: { ports: [{ port: 0 }, { port: 65_536 }, { port: 1, protocol: 6 }] } }),
  service('odd.shop', ['10.0.0.1', 'fe80::1%eth0'], { spec: { ports: [{ port: 0 }] } }),
]
const LIST = { apiVersion: 'v1', kind: 'ServiceList', items: SEEDS.slice(0, 2) }

/** A manifest, from text to what is known of the cluster. The first octet says whether it is JSON or YAML. */
export const target: Target = {
  about: [
    'lib/manifests/read-objects.ts',
    'lib/cluster/{slim*,identity,objects,object-store,directory,shard,location}.ts',
    'lib/base/fields.ts',
  ],
  maxOctets: 2000,
  longOctets: 100_000,
  steps: { base: 4000, perOctet: 60 },
  words: [
    'ServiceList',
    'List',
    'null',
    '&a [*a]',
    '*a',
    '&a ',
    '<<: *a',
    '---\n',
    '!!binary',
    '!!set',
    '"__proto__"',
    '1e999',
    '\ufeff',
    '\\ud800',
    '0',
    '65536',
    '-1',
    '1.5',
    '"fe80::1%eth0"',
    '"None"',
    '[]',
    '{}',
  ],
  run(octets) {
    const isJson = octets[0] === 0x7b
    const text = octets.subarray(isJson ? 0 : 1).toString()
    const outcome = readObjects(text, isJson)
    if ('problem' in outcome) return assert.match(outcome.problem, /^line \d+: ./)
    const problems: string[] = []
    const lines = text.split('\n').length
    const objects = outcome.objects.flatMap(({ value, line }) => {
      assert.ok(line >= 1 && line <= lines)
      return slim(value, (problem) => problems.push(problem)) ?? []
    })
    for (const object of objects) assertUsable(object)
    assertKnown(objects)
    assertShown(problems)
  },
  seeds: [
    ...SEEDS.map((object) => Buffer.from(JSON.stringify(object))),
    ...SEEDS.map((object) => Buffer.from(` ${stringify(object)}`)),
    Buffer.from(JSON.stringify(LIST)),
    Buffer.from(` ${SEEDS.map((object) => stringify(object)).join('---\n')}`),
    Buffer.from(' a: &a { b: 1 }\nc: *a\n'),
  ],
}

function assertUsable(object: ClusterObject): void {
  // Snapshots are JSON.
  assert.deepEqual(JSON.parse(JSON.stringify(object)), object)
  assert.deepEqual(parse(stringify(object)), object)
  if (object.kind === 'Node') return assertNode(object)
  assert.ok(isRfc1123Label(object.namespace) && object.name !== '')
  for (const { name, protocol, port } of object.ports) {
    assert.ok(Number.isInteger(port) && port >= 1 && port <= 65_535)
    assert.ok(name === name.toLowerCase() && protocol === protocol.toLowerCase())
  }
  if (object.kind === 'EndpointSlice') assertSlice(object)
  else assertService(object)
}

function assertNode(object: Extract<ClusterObject, { kind: 'Node' }>): void {
  const { zone, region } = locationOfNode(object, () => {})
  for (const label of [zone, region]) assert.ok(label === undefined || isRfc1123Label(label))
}

function assertSlice({ endpoints, family }: Extract<ClusterObject, { kind: 'EndpointSlice' }>): void {
  for (const { addresses, hostname, pod, ready } of endpoints) {
    assert.ok(addresses.length > 0 && addresses.every((one) => isIP(one) !== 0 && isIPv4(one) === (family === 'IPv4')))
    assert.ok(hostname === '' || isRfc1123Label(hostname))
    assert.ok(typeof pod === 'string' && typeof ready === 'boolean')
  }
}

function assertService({
  name,
  namespace,
  type,
  clusterIPs,
  externalName,
  health,
}: Extract<ClusterObject, { kind: 'Service' }>): void {
  nameOf([name, namespace, 'svc'], CLUSTER_DOMAIN)
  assert.equal(clusterIPs.length > 0, type === 'ClusterIP')
  for (const address of clusterIPs) assert.ok(isIP(address) !== 0 && !address.includes('%'))
  assert.equal(externalName !== '', type === 'ExternalName')
  if (externalName !== '') parseName(externalName)
  for (const value of Object.values(health)) assert.ok(Number.isSafeInteger(value) && value >= 0)
}

// All of it goes into the directory and out again, and nothing is left.
function assertKnown(objects: readonly ClusterObject[]): void {
  const clock = new MovedClock()
  const directory = new Directory({ clock, generations, health: HEALTH })
  directory.know('live')
  for (const object of objects) {
    directory.learn(object)
    assert.deepEqual(directory.object(objectKey(object)), object)
    assert.equal(directory.learn(object), false)
  }
  for (const object of objects) directory.forget(objectKey(object))
  assert.deepEqual([...directory.objects(), ...directory.healths()], [])
  directory.close()
  assert.equal(clock.pending, 0)
}
