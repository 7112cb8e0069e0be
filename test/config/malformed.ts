import * as fc from 'fast-check'
import { stringify } from 'yaml'
import { isObject } from '../../lib/base/fields.ts'

// Configurations as people and programs break them: a right one with a few things changed.

/** What stands in WHOLE for the path of a PEM file, for the test to put there. */
export const FILE_OF_AUTHORITIES = '${CA}'

/** The same, for the path of a file of secrets. */
export const FILE_OF_SECRETS = '${SECRETS}'

/** Every key, with a right value; CERTIFICATE and KEY are paths too. */
export const WHOLE = {
  clusterDomain: 'cluster.local',
  federations: { fleet: 'example.com', stage: 'stage.example.org' },
  publicNames: 'zone.region',
  bareNames: 'auto',
  location: { node: 'n1', zone: 'us-central1-f', region: 'us-central1', scope: 'zone' },
  listen: ['127.0.0.1:1053', '[::1]:1053', 'tls://127.0.0.1'],
  tls: { certificate: '${CERTIFICATE}', key: '${KEY}' },
  source: { manifests: ['demo/cluster'], grace: '10s' },
  health: { minReady: 1, leaveAfter: '0s', returnAfter: '1m' },
  answers: { ttl: '5s', redirectTtl: '30s', style: 'cname' },
  clusterDNS: ['10.0.0.10', 'tcp://10.0.0.11'],
  forward: {
    upstreams: [
      '192.0.2.53',
      '192.0.2.54:5353',
      'tcp://192.0.2.55',
      'tls://192.0.2.56#dns.example',
      'https://[2001:db8::1]/dns-query#dns.example',
    ],
    policy: 'fastest',
    failover: ['SERVFAIL', 'REFUSED', 'NOTIMP', 'FORMERR'],
    ca: FILE_OF_AUTHORITIES,
    randomizeCase: true,
    trustAD: ['tls://192.0.2.56#dns.example'],
    stubDomains: {
      'acme.local': ['10.0.0.7', 'ns.acme.example'],
      'corp.example': { upstreams: ['tls://10.1.0.1#dns.corp.example'], policy: 'sequential' },
    },
  },
  cache: {
    entries: 10_000,
    memory: '20Mi',
    minTtl: '1s',
    maxTtl: '24h',
    maxNegativeTtl: '1h',
    maxStale: '24h',
    prefetch: true,
    keepPositive: ['acme.example', '.'],
  },
  policy: { block: { 'ads.example': 'nxdomain', 'more.ads.example': 'refuse' }, noAAAA: ['legacy.example'] },
  acl: { allow: ['10.0.0.0/8', 'fd00::/8'] },
  edns: { nsid: 'node-a', cookies: 'on', secretFile: FILE_OF_SECRETS },
  chaos: { version: 'feddns', id: 'node-a' },
  http: { listen: '127.0.0.1:9253' },
  metrics: { corednsNames: true },
  control: '/run/feddns/control.sock',
  kubeDns: 'nowhere/kube-dns',
  lameDuck: '5s',
}

type Path = readonly (string | number)[]

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const inner = Object.entries(value).flatMap(([key, item]) =>
    pathsOf(item, [...path, Array.isArray(value) ? Number(key) : key]),
  )
  return [path, ...inner]
}

// Written as they stand, for what JSON cannot say.
const ALIASES = ['&a [*a]', '&a { b: *a }', '&a { ttl: *a }', '*nowhere', '&a x', '<<']
const TAGS = [
  '!!omap [a: b]',
  '!!set { a }',
  '!!binary aGk=',
  '!odd x',
  '2001-01-01',
  '0x10',
  '.inf',
  '.nan',
  '~',
  '1e999',
]
const MARKS = ['"\\ud800"', "'", '"', '|', '[', '{', '}', ']', ',', '? a', '- a', '%', '@', '`', '#', ': ', '\\']
const BREAKS = ['\n---\n', '\n...\n', '\n\t', '\0', '\ufeff', '\u0085']
const YAML_PIECES = [...ALIASES, ...TAGS, ...MARKS, ...BREAKS]

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    ' ',
    '\u202e',
    'é',
    '\u0130',
    '💥',
    '${HOME}',
    '${NOT_SET}',
    '__proto__',
    'constructor',
    'a..b',
    '.',
  ),
  fc.constant('x'.repeat(200_000)),
)

const deep = fc
  .tuple(fc.integer({ min: 10, max: 3000 }), fc.boolean())
  .map(([depth, isList]) => Array.from({ length: depth }).reduce((inner) => (isList ? [inner] : { a: inner }), 1))

const junk = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 2, arbitrary: fc.constantFrom(null, true, 0, -1, 1.5, 1e21, [], {}, [[]], [null], '0s', '-1s', '999999d') },
  { weight: 1, arbitrary: deep },
)

type Change = (document: unknown) => unknown

const path = fc.constantFrom(...pathsOf(WHOLE))
const sections = fc.constantFrom<Path>(
  [],
  ['federations'],
  ['location'],
  ['answers'],
  ['forward'],
  ['forward', 'stubDomains'],
  ['forward', 'stubDomains', 'corp.example'],
  ['cache'],
  ['policy'],
  ['policy', 'block'],
  ['http'],
)

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(path, junk).map(
    ([at, value]): Change =>
      (document) =>
        changed(document, at, () => value),
  ),
  fc.tuple(sections, text, junk).map(
    ([at, key, value]): Change =>
      (document) =>
        changed(document, at, (inner) => Object.fromEntries([...entriesOf(inner), [key, value]])),
  ),
  path.map(
    (at): Change =>
      (document) =>
        changed(document, at, () => undefined),
  ),
  fc.tuple(path, path).map(
    ([to, from]): Change =>
      (document) =>
        changed(document, to, () => valueAt(WHOLE, from)),
  ),
)

const entriesOf = (value: unknown): [string, unknown][] => Object.entries(isObject(value) ? value : {})

const valueAt = (value: unknown, at: Path): unknown =>
  at.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value)

function changed(value: unknown, [key, ...rest]: Path, change: Change): unknown {
  if (key === undefined) return change(value)
  if (typeof value !== 'object' || value === null) return value
  const inner = changed((value as Record<string | number, unknown>)[key], rest, change)
  if (Array.isArray(value)) return value.map((item: unknown, i) => (i === key ? inner : item))
  return Object.fromEntries([...entriesOf(value).filter(([other]) => other !== key), [key, inner]])
}

const jsonOf = (changes: readonly Change[]): string =>
  JSON.stringify(changes.reduce((document, change) => change(document), WHOLE as unknown)) ?? ''

const HERE = '@@here@@'
const withPiece = ([at, piece]: readonly [Path, string]): string =>
  jsonOf([(document) => changed(document, at, () => HERE)]).replaceAll(`"${HERE}"`, () => piece)

const AS_YAML = stringify(WHOLE)
const position = fc.nat(AS_YAML.length)
const anything = fc.oneof(fc.constantFrom(...YAML_PIECES), fc.string({ unit: 'binary' }))

/** The text of a configuration that is most likely wrong. */
export const malformed: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.array(change, { minLength: 1, maxLength: 3 }).map(jsonOf) },
  { weight: 2, arbitrary: fc.tuple(path, fc.constantFrom(...YAML_PIECES)).map(withPiece) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(position, fc.nat(20), anything)
      .map(([at, cut, piece]) => AS_YAML.slice(0, at) + piece + AS_YAML.slice(at + cut)),
  },
  { weight: 1, arbitrary: position.map((end) => AS_YAML.slice(0, end)) },
)
