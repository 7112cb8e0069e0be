import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RCODE } from '../../lib/dns/constants.ts'
import { parseName } from '../../lib/dns/name.ts'
import { BAD_CLIENTS, GOOD_CLIENTS } from './client-rows.ts'
import { BAD_FORWARD, GOOD_FORWARD } from './forward-rows.ts'
import { BAD_RATE_LIMIT, GOOD_RATE_LIMIT, PRIVATE_NETWORKS } from './rate-limit-rows.ts'
import { fileOf, MINIMAL, problemsOf, withKey } from './minimal.ts'

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce((inner, key) => (inner as Record<string, unknown>)[key], value)

test('what is left out has its default', () => {
  assert.deepEqual(fileOf(MINIMAL), {
    clusterDomain: parseName('cluster.local'),
    federations: {},
    publicNames: 'zone',
    bareNames: 'auto',
    location: { scope: 'zone' },
    listen: [{ host: '127.0.0.1', port: 0 }],
    source: { manifests: ['cluster'], grace: 10_000 },
    health: { minReady: 1, leaveAfter: 0, returnAfter: 0 },
    answers: { ttl: 5, redirectTtl: 30, style: 'cname' },
    clusterDNS: 'auto',
    forward: {
      policy: 'fastest',
      failover: [RCODE.SERVFAIL, RCODE.REFUSED, RCODE.NOTIMP, RCODE.FORMERR],
      randomizeCase: false,
      trustAD: [],
      stubDomains: {},
    },
    cache: {
      entries: 10_000,
      minTtl: 0,
      maxTtl: 86_400_000,
      maxNegativeTtl: 3_600_000,
      maxStale: 86_400_000,
      prefetch: true,
      keepPositive: [],
    },
    policy: { block: {}, noAAAA: [] },
    metrics: { corednsNames: false },
    acl: { allow: PRIVATE_NETWORKS },
    edns: { cookies: 'off' },
    chaos: {},
    rateLimit: { responsesPerSecond: 100, slip: 2, exempt: PRIVATE_NETWORKS, prefixes: { ipv4: 24, ipv6: 56 } },
    lameDuck: 5000,
  })
})

// What is written, the key that it is about, and what it becomes.
const GOOD: readonly (readonly [string, string, unknown])[] = [
  ['clusterDomain: Cluster.Example.', 'clusterDomain', parseName('cluster.example')],
  ['clusterDomain: k8s', 'clusterDomain', parseName('k8s')],
  ['federations: { prod: example.com }', 'federations', { prod: 'example.com' }],
  ['federations: {}', 'federations', {}],
  ['publicNames: zone', 'publicNames', 'zone'],
  ['publicNames: zone.region', 'publicNames', 'zone.region'],
  ['bareNames: auto', 'bareNames', 'auto'],
  ['bareNames: always', 'bareNames', 'always'],
  ['bareNames: never', 'bareNames', 'never'],
  ['location: { node: Node-1.example }', 'location.node', 'Node-1.example'],
  ['location: { zone: US-Central1-F }', 'location.zone', 'us-central1-f'],
  ['location: { region: us-central1 }', 'location.region', 'us-central1'],
  ['location: { scope: region }', 'location.scope', 'region'],
  ['location: { scope: global }', 'location.scope', 'global'],
  ['listen: ["127.0.0.1:1053"]', 'listen', [{ host: '127.0.0.1', port: 1053 }]],
  ['listen: ["[::1]:53", "10.0.0.10:65535"]', 'listen.1', { host: '10.0.0.10', port: 65_535 }],
  ['listen: ["[fd00::10]:53"]', 'listen.0', { host: 'fd00::10', port: 53 }],
  ['tls: { certificate: /tls/tls.crt, key: b }', 'tls.certificate', '/tls/tls.crt'],
  ['tls: { certificate: a, key: /tls/tls.key }', 'tls.key', '/tls/tls.key'],
  ['source: { manifests: [a, b/c.yaml] }', 'source.manifests', ['a', 'b/c.yaml']],
  ['source: { manifests: [a], grace: 0s }', 'source.grace', 0],
  ['source: { manifests: [a], grace: 24h }', 'source.grace', 86_400_000],
  ['source: { kubernetes: {} }', 'source.kubernetes', {}],
  ['source: { kubernetes: }', 'source.kubernetes', {}],
  ['source: { kubernetes: { kubeconfig: /a/config } }', 'source.kubernetes.kubeconfig', '/a/config'],
  ['source: { kubernetes: { kubeconfig: a, context: c1 } }', 'source.kubernetes.context', 'c1'],
  ['source: { kubernetes: { namespaces: [shop, "1a"] } }', 'source.kubernetes.namespaces', ['shop', '1a']],
  ['source: { kubernetes: { labelSelector: a.b/c=d } }', 'source.kubernetes.labelSelector', 'a.b/c=d'],
  [
    'source: { kubernetes: { labelSelector: "a in (b, c),!d,e" } }',
    'source.kubernetes.labelSelector',
    'a in (b, c),!d,e',
  ],
  ['source: { kubernetes: { snapshot: { path: /var/x } } }', 'source.kubernetes.snapshot.path', '/var/x'],
  ['source: { kubernetes: { snapshot: { path: a } } }', 'source.kubernetes.snapshot.maxAge', 86_400_000],
  ['source: { kubernetes: { snapshot: { path: a, maxAge: 1h } } }', 'source.kubernetes.snapshot.maxAge', 3_600_000],
  ['location: { zone: "", region: "" }', 'location.zone', ''],
  ['health: { minReady: 3 }', 'health.minReady', 3],
  ['health: { minReady: 100000 }', 'health.minReady', 100_000],
  ['health: { leaveAfter: 500ms }', 'health.leaveAfter', 500],
  ['health: { leaveAfter: 1m30s }', 'health.leaveAfter', 90_000],
  ['health: { returnAfter: 1.5s }', 'health.returnAfter', 1500],
  ['answers: { ttl: 1s }', 'answers.ttl', 1],
  ['answers: { ttl: 1h }', 'answers.ttl', 3600],
  ['answers: { ttl: 2000ms }', 'answers.ttl', 2],
  ['answers: { redirectTtl: 1m }', 'answers.redirectTtl', 60],
  ['answers: { style: flat }', 'answers.style', 'flat'],
  ...GOOD_RATE_LIMIT,
  ['http: { listen: "0.0.0.0:9253" }', 'http.listen', { host: '0.0.0.0', port: 9253 }],
  ['http: { listen: "[::1]:0" }', 'http.listen', { host: '::1', port: 0 }],
  ['kubeDns: /etc/kube-dns', 'kubeDns', '/etc/kube-dns'],
  ['lameDuck: 0s', 'lameDuck', 0],
  ['lameDuck: 5m', 'lameDuck', 300_000],
  ...GOOD_CLIENTS,
  ...GOOD_FORWARD,
]

for (const [yaml, key, value] of GOOD) {
  test(`"${yaml}" is taken`, () =>
    assert.deepEqual(at(fileOf(withKey(yaml), { HOME: '/home/op', NODE_NAME: 'n1' }), key), value))
}

const DURATION = 'a duration from 0s to 24h, such as 500ms, 10s or 2m'
const SECONDS = 'a duration of whole seconds from 1s to 1h'

// What is written, the key that the problem must name, the value that it must show, and what it must say is allowed.
const BAD: readonly (readonly [string, string, string, string])[] = [
  ['clusterDomain: a_b.local', 'clusterDomain', '"a_b.local"', 'a domain name, such as cluster.local'],
  ['clusterDomain: ""', 'clusterDomain', '""', 'a domain name'],
  ['clusterDomain: .', 'clusterDomain', '"."', 'a domain name'],
  ['clusterDomain: a..b', 'clusterDomain', '"a..b"', 'a domain name'],
  ['clusterDomain: 5', 'clusterDomain', '5', 'a domain name'],
  ['federations: example.com', 'federations', '"example.com"', 'a mapping of federation to domain'],
  ['federations: [example.com]', 'federations', '["example.com"]', 'a mapping of federation to domain'],
  ['publicNames: region', 'publicNames', '"region"', 'one of zone, zone.region'],
  ['bareNames: sometimes', 'bareNames', '"sometimes"', 'one of auto, always, never'],
  ['bareNames: true', 'bareNames', 'true', 'one of auto, always, never'],
  ['location: n1', 'location', '"n1"', 'a mapping of the keys node, zone, region, scope'],
  ['location: { node: "" }', 'location.node', '""', 'the name of a node'],
  ['location: { node: 7 }', 'location.node', '7', 'the name of a node'],
  ['location: { zone: a.b }', 'location.zone', '"a.b"', 'one RFC 1123 label'],
  ['location: { region: -a }', 'location.region', '"-a"', 'one RFC 1123 label'],
  ['location: { scope: node }', 'location.scope', '"node"', 'one of zone, region, global'],
  ['listen: "127.0.0.1:53"', 'listen', '"127.0.0.1:53"', 'a list of addresses'],
  ['listen: []', 'listen', '[]', 'at least one address'],
  ['listen: ["0.0.0.0:53"]', 'listen.0', '"0.0.0.0:53"', 'no wildcard'],
  ['listen: [":53"]', 'listen.0', '":53"', 'no wildcard'],
  ['listen: ["127.0.0.1"]', 'listen.0', '"127.0.0.1"', 'an IP address and a port'],
  ['listen: ["localhost:53"]', 'listen.0', '"localhost:53"', 'an IP address and a port'],
  ['listen: ["127.0.0.1:53", "127.0.0.1:65536"]', 'listen.1', '"127.0.0.1:65536"', 'an IP address and a port'],
  ['listen: ["::1:53"]', 'listen.0', '"::1:53"', 'an IP address and a port'],
  ['tls: { certificate: "", key: b }', 'tls.certificate', '""', 'a path'],
  ['tls: { certificate: a, key: 5 }', 'tls.key', '5', 'a path'],
  ['listen: [53]', 'listen.0', '53', 'an IP address and a port'],
  ['source: demo', 'source', '"demo"', 'a mapping of the keys manifests, kubernetes, grace'],
  ['source: { manifests: demo }', 'source.manifests', '"demo"', 'a list of paths'],
  ['source: { manifests: [] }', 'source.manifests', '[]', 'at least one path'],
  ['source: { manifests: [""] }', 'source.manifests.0', '""', 'a path'],
  ['source: { kubernetes: yes please }', 'source.kubernetes', '"yes please"', 'a mapping of the keys kubeconfig,'],
  ['source: { kubernetes: { kubeconfig: "" } }', 'source.kubernetes.kubeconfig', '""', 'a path'],
  ['source: { kubernetes: { context: "" } }', 'source.kubernetes.context', '""', 'the name of a context'],
  ['source: { kubernetes: { namespaces: [] } }', 'source.kubernetes.namespaces', '[]', 'at least one namespace'],
  ['source: { kubernetes: { namespaces: [A] } }', 'source.kubernetes.namespaces.0', '"A"', 'the name of a namespace'],
  [
    'source: { kubernetes: { labelSelector: "a,,b" } }',
    'source.kubernetes.labelSelector',
    '"a,,b"',
    'a label selector',
  ],
  [
    'source: { kubernetes: { labelSelector: a=b=c } }',
    'source.kubernetes.labelSelector',
    '"a=b=c"',
    'a label selector',
  ],
  [
    'source: { kubernetes: { labelSelector: "a in b" } }',
    'source.kubernetes.labelSelector',
    '"a in b"',
    'a label selector',
  ],
  [
    'source: { kubernetes: { snapshot: /var/x } }',
    'source.kubernetes.snapshot',
    '"/var/x"',
    'a mapping of the keys path',
  ],
  ['source: { kubernetes: { snapshot: {} } }', 'source.kubernetes.snapshot.path', 'missing', 'a path'],
  [
    'source: { kubernetes: { snapshot: { path: a, maxAge: 721h } } }',
    'source.kubernetes.snapshot.maxAge',
    '"721h"',
    'a duration from 0s to 720h',
  ],
  ['source: { manifests: [a], grace: 25h }', 'source.grace', '"25h"', DURATION],
  ['source: { manifests: [a], grace: 10 }', 'source.grace', '10', DURATION],
  ['health: { minReady: 0 }', 'health.minReady', '0', 'a whole number from 1 to 100000'],
  ['health: { minReady: 1.5 }', 'health.minReady', '1.5', 'a whole number from 1 to 100000'],
  ['health: { minReady: "1" }', 'health.minReady', '"1"', 'a whole number from 1 to 100000'],
  ['health: { leaveAfter: 5 minutes }', 'health.leaveAfter', '"5 minutes"', DURATION],
  ['health: { leaveAfter: -1s }', 'health.leaveAfter', '"-1s"', DURATION],
  ['health: { returnAfter: 2d }', 'health.returnAfter', '"2d"', DURATION],
  ['answers: { ttl: 0s }', 'answers.ttl', '"0s"', SECONDS],
  ['answers: { ttl: 1500ms }', 'answers.ttl', '"1500ms"', SECONDS],
  ['answers: { ttl: 5 }', 'answers.ttl', '5', SECONDS],
  ['answers: { redirectTtl: 61m }', 'answers.redirectTtl', '"61m"', SECONDS],
  ['answers: { style: CNAME }', 'answers.style', '"CNAME"', 'one of cname, flat'],
  ['answers: []', 'answers', '[]', 'a mapping of the keys ttl, redirectTtl, style'],
  ...BAD_RATE_LIMIT,
  ['http: true', 'http', 'true', 'a mapping of the keys listen'],
  ['http: { listen: 9253 }', 'http.listen', '9253', 'an IP address and a port, such as 127.0.0.1:9253'],
  ['kubeDns: ""', 'kubeDns', '""', 'a path'],
  ['kubeDns: [a]', 'kubeDns', '["a"]', 'a path'],
  ['lameDuck: 6m', 'lameDuck', '"6m"', 'a duration from 0s to 5m'],
  ['lameDuck:', 'lameDuck', 'null', 'a duration from 0s to 5m'],
  ...BAD_CLIENTS,
  ...BAD_FORWARD,
]

for (const [yaml, key, seen, wish] of BAD) {
  test(`"${yaml}" is refused, with key, value and what is allowed`, () => {
    const [problem = 'not refused', ...more] = problemsOf(withKey(yaml))
    assert.deepEqual(more, [])
    assert.ok(problem.startsWith(`${key}: `), problem)
    for (const part of [seen, wish]) assert.ok(problem.includes(part), problem)
  })
}

// An unknown key is answered with the keys that are allowed in its place.
function leavesOf(path: readonly string[] = []): string[] {
  const value = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), { unknown: 1 })
  const message = problemsOf(JSON.stringify(value)).find((problem) => problem.includes('unknown: no such key'))
  if (message === undefined) return [path.join('.')]
  return message
    .replace(/.*allowed here: /, '')
    .split(', ')
    .flatMap((key) => leavesOf([...path, key]))
}

test('the tables above leave out no key', () => {
  const leaves = leavesOf()
  assert.ok(leaves.includes('forward.stubDomains'), leaves.join())
  for (const [name, rows] of Object.entries({ GOOD, BAD })) {
    const missing = leaves.filter((leaf) => !rows.some(([, key]) => `${key}.`.startsWith(`${leaf}.`)))
    assert.deepEqual(missing, [], `without a row in ${name}`)
  }
})
