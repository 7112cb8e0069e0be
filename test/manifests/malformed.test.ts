import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { stringify } from 'yaml'
import type { ClusterObject } from '../../lib/cluster/objects.ts'
import { ManifestSource } from '../../lib/manifests/manifest-source.ts'
import { externalName, type KubernetesObject, node, service, slice } from '../helpers/objects.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const VALID: readonly KubernetesObject[] = [
  service('web.shop', ['10.0.0.1', 'fd00::1'], { annotations: { 'feddns.io/min-ready': '2' } }),
  externalName('ext.shop', 'www.example.com'),
  slice('web.shop', [
    { addresses: ['10.1.0.1'], hostname: 'web-0', conditions: { ready: true }, targetRef: { uid: 'u' } },
  ]),
  node('n1', 'us-central1-f.us-central1'),
]

type Path = readonly (string | number)[]

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const keys = Object.keys(value).map((key) => (Array.isArray(value) ? Number(key) : key))
  return [path, ...keys.flatMap((key) => pathsOf((value as Record<string | number, unknown>)[key], [...path, key]))]
}

const HOSTILE = [
  '',
  'x'.repeat(100_000),
  '\u0000',
  'ß',
  '10.0.0.256',
  '::1%lo',
  'a.b',
  'None',
  '\ud800',
  'toString',
  '2147483648s',
]
const junk = fc.oneof(
  fc.constantFrom<unknown>(...HOSTILE, null, true, -1, 0, 65_536, 1e300, [], {}, [[]], [null], {
    toString: 1,
    valueOf: 1,
  }),
  fc.constantFrom('__proto__', 'constructor').map((key) => JSON.parse(`{"${key}": {"kind": "Service"}}`) as unknown),
  fc.jsonValue({ maxDepth: 3 }),
)

const spoiled = fc
  .constantFrom(...VALID)
  .chain((object) => fc.tuple(fc.constant(object), fc.constantFrom(...pathsOf(object).slice(1)), junk, fc.boolean()))
  .map(([object, path, value, isDropped]) => changed(object, path, isDropped ? undefined : value))

function changed(value: unknown, [key, ...rest]: Path, to: unknown): unknown {
  if (key === undefined) return to
  if (Array.isArray(value)) return value.map((item: unknown, i) => (i === key ? changed(item, rest, to) : item))
  const fields = value as Record<string | number, unknown>
  return Object.fromEntries([...Object.entries(fields), [String(key), changed(fields[key], rest, to)]])
}

const bystander = service('bystander.shop', '10.0.0.99')

/** The names of the objects of one file. What is said of it must say where. */
async function read(path: string): Promise<string[]> {
  const problems: string[] = []
  const source = new ManifestSource({ paths: [path], onProblem: (problem) => problems.push(problem) })
  const objects = (await source.read()) ?? []
  for (const problem of problems) assert.match(problem, /\.(json|yaml)(: line \d+)?: ./)
  for (const object of objects) assertUsable(object)
  return objects.map(({ name }) => name)
}

function assertUsable(object: ClusterObject): void {
  if (object.kind === 'Node') return
  const addresses = object.kind === 'Service' ? object.clusterIPs : object.endpoints.flatMap((pod) => pod.addresses)
  for (const address of addresses) assert.notEqual(isIP(address), 0)
  for (const { name, protocol, port } of object.ports) {
    assert.ok(typeof name === 'string' && Number.isInteger(port) && port >= 1 && port <= 65_535)
    assert.ok(protocol !== 'null' && !protocol.startsWith('[object'), protocol)
  }
  if (object.kind === 'EndpointSlice') return
  for (const value of Object.values(object.health)) assert.ok(Number.isFinite(value) && value >= 0)
}

test('objects with a part that is spoiled are used, or named and left out; those beside them are used', async () => {
  await using folder = await temporaryFolder()
  await fc.assert(
    fc.asyncProperty(fc.array(spoiled, { minLength: 1, maxLength: 3 }), async (items) => {
      const list = { apiVersion: 'v1', kind: 'List', items: [...items, bystander] }
      const names = await read(await folder.write('all.json', list))
      assert.ok(names.includes('bystander'), 'the one beside them was not used')
    }),
    { numRuns: 500 },
  )
})

const PIECES = [
  '&a [*a]',
  '*x',
  '\t',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '---\n',
  '...\n',
  '%',
  '\0',
  '\ufeff',
  '? ',
  '|',
  '!!set',
  '💥',
]
const yaml = [...VALID, bystander].map((object) => stringify(object)).join('---\n')

test('a YAML file with anything anywhere is read, or refused with its line; none is a crash', async () => {
  await using folder = await temporaryFolder()
  const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 5 }))
  await fc.assert(
    fc.asyncProperty(fc.nat(yaml.length), fc.nat(10), piece, async (at, cut, text) => {
      await read(await folder.write('all.yaml', yaml.slice(0, at) + text + yaml.slice(at + cut)))
    }),
    { numRuns: 500 },
  )
})

test('manifests that contain themselves are named, and those in other files are used', async () => {
  await using folder = await temporaryFolder()
  const head = 'apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\n'
  const loops = ['&a [*a]', 'x: &a { b: *a }', `${head}spec: &a { clusterIP: *a }`, `${head}spec: { ports: &a [*a] }`]
  await folder.write('good.yaml', bystander)
  for (const loop of loops) {
    await folder.write('loop.yaml', loop)
    const problems: string[] = []
    const objects = await new ManifestSource({ paths: [folder.path], onProblem: (p) => problems.push(p) }).read()
    assert.deepEqual(
      objects?.map(({ name }) => name),
      ['bystander'],
    )
    assert.match(problems.join('\n'), /loop\.yaml: line \d/, loop)
  }
})
