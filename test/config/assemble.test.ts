import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatName, parseName } from '../../lib/dns/name.ts'
import { assembled } from './assembled.ts'

const FED = 'federations: { fleet: example.com }\n'

// What contradicts itself, and what the problem must say.
// 245 octets: of itself it is a name.
const LONG = Array.from({ length: 4 }, () => 'l'.repeat(60)).join('.')

const CONTRADICTIONS: readonly (readonly [string, RegExp])[] = [
  ['listen: ["127.0.0.1:53", "127.0.0.1:53"]', /^listen: 127\.0\.0\.1 port 53 is given twice/],
  ['listen: ["[::1]:53", "[0:0:0:0:0:0:0:1]:53"]', /^listen: .* is given twice/],
  [
    'listen: ["127.0.0.2:53"]\nforward: { upstreams: [127.0.0.2] }',
    /^forward\.upstreams: 127\.0\.0\.2 port 53 .* listen on/,
  ],
  ['listen: ["[::1]:53"]\nforward: { upstreams: ["0::1"] }', /^forward\.upstreams: .* listen on/],
  ['listen: ["127.0.0.2:53"]\nforward: { stubDomains: { a.b: [127.0.0.2] } }', /^forward\.stubDomains: .* listen on/],
  [
    'listen: ["127.0.0.2:53"]\nclusterDNS: [127.0.0.2]',
    /^clusterDNS: 127\.0\.0\.2 port 53 is an address that we listen on/,
  ],
  [
    'listen: ["127.0.0.2:53"]\nforward: { upstreams: [tcp://127.0.0.2] }',
    /^forward\.upstreams: 127\.0\.0\.2 port 53 is an address that we listen on/,
  ],
  [
    'listen: ["127.0.0.2:853"]\nforward: { upstreams: [tls://127.0.0.2#dns.example] }',
    /^forward\.upstreams: 127\.0\.0\.2 port 853 is an address that we listen on/,
  ],
  [
    'listen: ["[::1]:443"]\nforward: { upstreams: ["https://[0::1]/dns-query"] }',
    /^forward\.upstreams: ::1 port 443 is an address that we listen on/,
  ],
  [
    'listen: ["127.0.0.2:53"]\nforward: { stubDomains: { a.b: { upstreams: [tls://127.0.0.2:53] } } }',
    /^forward\.stubDomains: 127\.0\.0\.2 port 53 is an address that we listen on/,
  ],
  ['listen: ["127.0.0.2:53"]\nclusterDNS: [tcp://127.0.0.2]', /^clusterDNS: 127\.0\.0\.2 port 53 .* that we listen on/],
  [
    'listen: ["127.0.0.2:53"]\nforward: { upstreams: ["::ffff:127.0.0.2"] }',
    /^forward\.upstreams: 127\.0\.0\.2 port 53/,
  ],
  [
    'listen: ["[::ffff:127.0.0.2]:53"]\nforward: { upstreams: [127.0.0.2] }',
    /^forward\.upstreams: 127\.0\.0\.2 port 53/,
  ],
  ['listen: ["[fe80::1%lo]:53"]\nforward: { upstreams: ["fe80:0::1%lo"] }', /^forward\.upstreams: fe80::1%lo port 53/],
  ['listen: ["[::1]:53"]\nforward: { upstreams: ["::1%lo"] }', /^forward\.upstreams: ::1 port 53/],
  [
    'listen: ["192.0.2.53:53"]\nforward: {}',
    /^forward\.upstreams: 192\.0\.2\.53 port 53 is an address that we listen on/,
  ],
  ['listen: ["tls://127.0.0.2"]', /^tls: missing; expected a mapping of the keys certificate, key, as listen has tls/],
  ['listen: ["127.0.0.2:853", "tls://127.0.0.2"]', /^listen: 127\.0\.0\.2 port 853 is given twice/],
  ['listen: ["127.0.0.2:53"]\nhttp: { listen: "127.0.0.2:53" }', /^http.*127\.0\.0\.2.*53/],
  [
    'listen: ["127.0.0.2:53"]\nhttp: { listen: "0.0.0.0:53" }',
    /^http\.listen: 0\.0\.0\.0 port 53 .*as 127\.0\.0\.2 port 53$/,
  ],
  ['listen: ["[::1]:53"]\nhttp: { listen: "[::]:53" }', /^http\.listen: :: port 53 is also in listen as ::1 port 53$/],
  ['listen: ["127.0.0.2:53"]\nhttp: { listen: "[::]:53" }', /^http\.listen: :: port 53 .* as 127\.0\.0\.2 port 53$/],
  ['cache: { minTtl: 1h, maxTtl: 1s }', /^cache\.minTtl: 1h is more than cache\.maxTtl, 1s$/],
  ['cache: { minTtl: 1m30s, maxNegativeTtl: 0s }', /^cache\.minTtl: 90s is more than cache\.maxNegativeTtl, 0s$/],
  ['source: {}', /^source: missing; expected manifests, or kubernetes/],
  ['source: { manifests: [a], kubernetes: {} }', /^source: manifests and kubernetes are both given/],
  [
    'source: { kubernetes: { context: c } }',
    /^source\.kubernetes\.context: .* expected source\.kubernetes\.kubeconfig/,
  ],
  ['federations: { a.b: example.com }', /^federations: name "a\.b" is not an RFC 1123 label/],
  ['federations: { "": example.com }', /^federations: name "" is not an RFC 1123 label/],
  ['federations: { a_b: example.com }', /^federations: name "a_b" is not an RFC 1123 label/],
  ['federations: { Pod: example.com }', /^federations: name "Pod" is reserved/],
  ['federations: { svc.: example.com }', /^federations: name "svc\." is reserved/],
  ['federations: { prod: example.com, PROD: example.org }', /^federations: name "PROD" is given twice/],
  ['federations: { prod: example.com, prod.: example.org }', /^federations: name "prod\." is given twice/],
  ['federations: { prod: 5 }', /^federations\.prod: 5 is not a domain name, such as example\.com/],
  ['federations: { prod: "" }', /^federations\.prod: "" is not a domain name/],
  ['federations: { prod: . }', /^federations\.prod: "\." is not a domain name/],
  ['federations: { prod: }', /^federations\.prod: null is not a domain name/],
  ['federations: { prod: [example.com] }', /^federations\.prod: \["example\.com"\] is not a domain name/],
  ['federations: { prod: a_b.com }', /^federations\.prod: "a_b\.com" is not a domain name/],
  [
    `federations: { prod: ${LONG} }`,
    /^federations\.prod: names in l{60}\..* would have 258 octets or more, 255 are allowed$/,
  ],
  [`clusterDomain: ${LONG}\nfederations: { prod: example.com }`, /^federations\.prod: names in l.* 258 octets or more/],
  ['federations: { prod: Cluster.Local. }', /^federations\.prod: .* below the cluster domain/],
  ['federations: { prod: x.cluster.local }', /^federations\.prod: .* below the cluster domain/],
  ['clusterDomain: k8s.example\nfederations: { prod: k8s.example }', /^federations\.prod: .* below the cluster domain/],
  ['federations: { prod: prod }', /^federations\.prod: .* below the federation "prod"/],
  ['federations: { prod: x.prod }', /^federations\.prod: .* below the federation "prod"/],
  ['federations: { prod: example.com, stage: x.prod }', /^federations\.stage: .* below the federation "prod"/],
  ['bareNames: always\nfederations: { local: example.com }', /cluster domain is at or below "local"/],
  [`${FED}forward: { stubDomains: { Fleet.: [10.0.0.2] } }`, /^forward\.stubDomains: "fleet" is a federation/],
  ['forward: { stubDomains: { a_b: [10.0.0.2] } }', /^forward\.stubDomains: "a_b" is not a domain name/],
  ['forward: { stubDomains: { .: [10.0.0.2] } }', /^forward\.stubDomains: "\." is not a domain name/],
  ['forward: { stubDomains: { a.b: [10.0.0.2], A.B.: [10.0.0.3] } }', /^forward\.stubDomains: "A\.B\." is given twice/],
]

for (const [yaml, message] of CONTRADICTIONS) {
  test(`${JSON.stringify(yaml)} contradicts itself`, () => {
    assert.ok(
      assembled(yaml).problems.some((problem) => message.test(problem)),
      assembled(yaml).problems.join('\n') || 'not refused',
    )
  })
}

test('an address of our own is told once for each key that names it', () => {
  const yaml = `listen: ["127.0.0.2:53"]
clusterDNS: [127.0.0.2]
forward: { upstreams: [127.0.0.2, tcp://127.0.0.2], stubDomains: { a: [127.0.0.2], b: [10.0.0.1, 127.0.0.2] } }`
  assert.deepEqual(
    assembled(yaml).problems,
    ['forward.upstreams', 'forward.stubDomains', 'clusterDNS'].map(
      (key) => `${key}: 127.0.0.2 port 53 is an address that we listen on`,
    ),
  )
})

test('an address of our own that kube-dns names is told by the key of its ConfigMap', () => {
  const kubeDns = { upstreamNameservers: '["127.0.0.2"]', stubDomains: '{"a.b": ["127.0.0.2"]}' }
  assert.deepEqual(
    assembled('listen: ["127.0.0.2:53"]', kubeDns).problems,
    ['upstreamNameservers', 'stubDomains'].map(
      (key) => `kube-dns key ${key}: 127.0.0.2 port 53 is an address that we listen on`,
    ),
  )
})

test('what only looks like a contradiction is allowed', () => {
  for (const yaml of [
    'listen: ["127.0.0.1:0", "127.0.0.1:0"]\nhttp: { listen: "127.0.0.1:0" }',
    'listen: ["127.0.0.1:53", "127.0.0.1:54", "127.0.0.2:53", "[::1]:53"]',
    'listen: ["127.0.0.1:53"]\nforward: { upstreams: ["127.0.0.1:54"] }',
    'listen: ["127.0.0.1:53"]\nforward: { upstreams: [tls://127.0.0.1#dns.example] }',
    'listen: ["[::1]:53"]\nhttp: { listen: "0.0.0.0:53" }',
    'listen: ["127.0.0.1:53"]\nhttp: { listen: "[::]:54" }',
    'listen: ["127.0.0.1:0"]\nhttp: { listen: "0.0.0.0:0" }',
    'listen: ["[fe80::1%eth0]:53"]\nforward: { upstreams: ["fe80::1%eth1"] }',
    'cache: { minTtl: 1h, maxTtl: 1h, maxNegativeTtl: 60m }',
    'federations: { prod: notcluster.local }',
    'federations: { prod: example.prod.com, stage: example.com }',
    'federations: { local: example.com }',
    'federations: { dev: example.com }\nforward: { stubDomains: { dev: [10.0.0.2] } }',
    `${FED}forward: { stubDomains: { notfleet: [10.0.0.2] } }`,
  ])
    assert.deepEqual(assembled(yaml).problems, [], yaml)
})

test('a federation is kept in lower case without a final dot, whatever it is called', () => {
  const { config } = assembled('federations: { Prod.: Example.COM., constructor: example.org, prototype: example.net }')
  const found = [...config.federations].map(([key, { name, domain }]) => [key, name, formatName(domain)])
  assert.deepEqual(found, [
    ['prod', 'prod', 'example.com.'],
    ['constructor', 'constructor', 'example.org.'],
    ['prototype', 'prototype', 'example.net.'],
  ])
})

test('a federation named like a top-level or special-use domain is served by its long names, and reported', () => {
  for (const name of ['dev', 'app', 'local', 'test', 'internal', 'COM']) {
    const { config, warnings } = assembled(`federations: { ${name}: example.org }`)
    assert.equal(config.federations.get(name.toLowerCase())?.bare, false, name)
    assert.match(warnings.join('\n'), new RegExp(`"${name.toLowerCase()}".*bareNames: always`))
  }
  const { config, warnings } = assembled('bareNames: always\nfederations: { dev: example.org, prod: example.net }')
  assert.deepEqual(
    [...config.federations.values()].map(({ bare }) => bare),
    [true, true],
  )
  assert.deepEqual(warnings, [])
})

test('without short names no federation has any', () => {
  const { config, warnings } = assembled('bareNames: never\nfederations: { dev: example.org, prod: example.net }')
  assert.deepEqual(
    [...config.federations.values()].map(({ bare }) => bare),
    [false, false],
  )
  assert.deepEqual(warnings, [])
})

test('of a federation that both name, the file has the last word, in whatever letters', () => {
  const kubeDns = { federations: 'prod=kube.example,Stage=kube.example,only=kube.example' }
  const { config, problems } = assembled('federations: { Prod: file.example, stage.: file.example }', kubeDns)
  assert.deepEqual(problems, [])
  assert.deepEqual(
    Object.fromEntries([...config.federations].map(([name, { domain }]) => [name, formatName(domain)])),
    {
      prod: 'file.example.',
      stage: 'file.example.',
      only: 'kube.example.',
    },
  )
})

test('of a federation that kube-dns names twice the last one counts, as it did there', () => {
  for (const federations of ['a=x.example,A=y.example', 'a=x.example,a=y.example']) {
    const { config, problems } = assembled('', { federations })
    assert.deepEqual(problems, [])
    assert.equal(formatName(config.federations.get('a')?.domain ?? parseName('.')), 'y.example.')
  }
})

test('of the location, what is empty is not given', () => {
  assert.deepEqual(assembled('location: { node: n1, zone: "", region: r }').config.location, {
    node: 'n1',
    region: 'r',
    scope: 'zone',
  })
})
