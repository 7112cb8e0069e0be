import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../../lib/config/config.ts'
import { formatServer, plainServer } from '../../lib/config/server.ts'
import { RCODE } from '../../lib/dns/constants.ts'
import { formatName, parseName } from '../../lib/dns/name.ts'
import { SPECIAL_USE_ZONES } from '../../lib/policy/special-use-zones.ts'
import { assembled, DEFAULT_SERVERS, serversOf, stubsOf } from './assembled.ts'

test('a stub domain may have any name too', () => {
  const { config } = assembled('forward: { stubDomains: { constructor: [10.0.0.2] } }', {
    stubDomains: '{"toString": ["10.0.0.3"]}',
  })
  assert.deepEqual(stubsOf(config.forward.stubDomains), {
    'constructor.': ['10.0.0.2:53'],
    'tostring.': ['10.0.0.3:53'],
  })
})

test('upstreams are those of the file, else those of kube-dns, else those of /etc/resolv.conf', () => {
  const kubeDns = { upstreamNameservers: '["10.0.0.8", "10.0.0.9:54"]' }
  const file = 'forward: { upstreams: [10.0.0.7] }'
  assert.deepEqual(serversOf(assembled(file, kubeDns).config.forward.everything), ['10.0.0.7:53'])
  assert.deepEqual(serversOf(assembled('forward: {}', kubeDns).config.forward.everything), [
    '10.0.0.8:53',
    '10.0.0.9:54',
  ])
  assert.deepEqual(assembled('forward: {}').config.forward.everything.upstreams, DEFAULT_SERVERS.map(plainServer))
  assert.deepEqual(assembled('forward: { upstreams: [] }', kubeDns).config.forward.everything.upstreams, [])
})

test('servers of a resolv.conf stand among the upstreams where it was named', () => {
  const { config } = assembled('forward: { upstreams: [10.0.0.1, /etc/resolv.conf, 10.0.0.2] }')
  assert.deepEqual(
    config.forward.everything.upstreams.map(({ host }) => host),
    ['10.0.0.1', '192.0.2.53', '10.0.0.2'],
  )
})

test('of a stub domain that both name, the file has the last word, in whatever letters', () => {
  const kubeDns = { stubDomains: '{"a.b": ["10.0.0.8"], "c.d": ["10.0.0.8"], "e.f": ["10.0.0.8"]}' }
  const { config, problems } = assembled('forward: { stubDomains: { A.B.: [10.0.0.7], c.d: [] } }', kubeDns)
  assert.deepEqual(problems, [])
  assert.deepEqual(stubsOf(config.forward.stubDomains), { 'a.b.': ['10.0.0.7:53'], 'e.f.': ['10.0.0.8:53'] })
})

test('kube-dns may not give a stub domain twice in two spellings, of which it allowed only one', () => {
  const stubDomains = '{"a.b": ["10.0.0.1"], "A.B.": ["10.0.0.2"]}'
  assert.match(assembled('', { stubDomains }).problems.join('\n'), /"A\.B\." is given twice/)
})

test('a stub domain for the short names of a federation is what kube-dns itself needs, and not used here', () => {
  const kubeDns = {
    federations: 'fleet=example.com',
    stubDomains: '{"fleet": ["10.0.0.10"], "x.fleet": ["10.0.0.10"]}',
  }
  const { config, problems, warnings } = assembled('', kubeDns)
  assert.deepEqual(problems, [])
  assert.deepEqual(stubsOf(config.forward.stubDomains), {})
  assert.match(warnings.join('\n'), /"fleet" is a federation.*not used\n.*"x\.fleet\." is below the federation "fleet"/)
})

test('below a federation no stub domain of our own makes sense', () => {
  const { problems } = assembled(
    `federations: { fleet: example.com }\nforward: { stubDomains: { x.fleet: [10.0.0.2] } }`,
  )
  assert.match(problems.join('\n'), /^forward\.stubDomains: "x\.fleet\." is below the federation "fleet"/)
})

test('of a domain that kube-dns gives servers to, an empty list in the file leaves none', () => {
  const kubeDns = { stubDomains: '{"a.b": ["10.0.0.8"]}' }
  const yaml = 'forward: { stubDomains: { a.b: { upstreams: [], policy: random } } }'
  assert.deepEqual(stubsOf(assembled(yaml, kubeDns).config.forward.stubDomains), {})
})

test('below another stub domain, an empty list needs a route to go where everything goes', () => {
  const yaml = 'forward: { upstreams: [10.0.0.1], stubDomains: { a.b: [10.0.0.7], x.y.a.b: [], notA.b: [] } }'
  const { config, problems } = assembled(yaml)
  assert.deepEqual(problems, [])
  assert.deepEqual(stubsOf(config.forward.stubDomains), { 'a.b.': ['10.0.0.7:53'], 'x.y.a.b.': ['10.0.0.1:53'] })
})

test('a server that files of others name twice, or one that is given too, is asked once', () => {
  const { everything } = assembled('forward: { upstreams: [192.0.2.53, /etc/resolv.conf, 10.0.0.2] }').config.forward
  assert.deepEqual(serversOf(everything), ['192.0.2.53:53', '10.0.0.2:53'])
  const kubeDns = { upstreamNameservers: '["10.0.0.8", "10.0.0.8:53"]', stubDomains: '{"a.b": ["ns.a", "NS.A"]}' }
  const { forward } = assembled('', kubeDns).config
  assert.deepEqual(serversOf(forward.everything), ['10.0.0.8:53'])
  assert.deepEqual(stubsOf(forward.stubDomains), { 'a.b.': ['ns.a:53'] })
})

test('servers of a domain whose names are answered here are never asked, which is told', () => {
  const stubs = '{ localhost: [10.0.0.2], x.Onion.: [10.0.0.2], resolver.arpa: [], notinvalid: [10.0.0.2] }'
  const { problems, warnings } = assembled(`forward: { stubDomains: ${stubs} }`, {
    stubDomains: '{"invalid": ["10.0.0.3"], "localhost": ["10.0.0.3"]}',
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(warnings, [
    'kube-dns key stubDomains: "invalid." is answered here, so its servers are never asked',
    'forward.stubDomains: "localhost." is answered here, so its servers are never asked',
    'forward.stubDomains: "x.onion." is below "onion.", which is answered here, so its servers are never asked',
  ])
})

test('that is told of every domain that has one meaning everywhere, and of no other', () => {
  for (const { domain, use } of SPECIAL_USE_ZONES) {
    if (use === 'pointer') continue
    const { warnings } = assembled(`forward: { stubDomains: { ${formatName(domain)}: [10.0.0.2] } }`)
    assert.equal(warnings.length, use === 'private' ? 0 : 1, formatName(domain))
  }
})

test('authorities that nothing is checked with are told', () => {
  const warningsOf = (yaml: string, ca?: string) => assembled(yaml, {}, ca).warnings
  const unused = ['forward.ca: not used, as no upstream is tls:// or https://']
  assert.deepEqual(warningsOf('forward: { upstreams: [10.0.0.1, tcp://10.0.0.1] }', 'PEM'), unused)
  assert.deepEqual(warningsOf('forward: { upstreams: [10.0.0.1] }'), [])
  for (const yaml of [
    'forward: { upstreams: [10.0.0.1, tls://10.0.0.1] }',
    'forward: { upstreams: [], stubDomains: { a.b: ["https://10.0.0.1/q"] } }',
    'clusterDNS: [tls://10.0.0.1]',
  ])
    assert.deepEqual(warningsOf(yaml, 'PEM'), [], yaml)
})

test('a stub domain has the policy of all names, or its own', () => {
  const kubeDns = { stubDomains: '{"e.f": ["10.0.0.8"]}' }
  const stubs =
    '{ a.b: [10.0.0.7], c.d: { upstreams: [10.0.0.7] }, g.h: { upstreams: [10.0.0.7], policy: roundRobin } }'
  const { config } = assembled(`forward: { policy: random, stubDomains: ${stubs} }`, kubeDns)
  const policies = [...config.forward.stubDomains].map(([name, { policy }]) => [formatName(name), policy])
  assert.deepEqual(Object.fromEntries(policies), {
    'a.b.': 'random',
    'c.d.': 'random',
    'e.f.': 'random',
    'g.h.': 'roundRobin',
  })
  assert.equal(config.forward.everything.policy, 'random')
})

test('what is said of all upstreams is passed on', () => {
  const yaml = 'forward: { failover: [NXDOMAIN, SERVFAIL], randomizeCase: true, ca: a.pem }'
  const { failover, randomizeCase, ca } = assembled(yaml, {}, 'PEM').config.forward
  assert.deepEqual([failover, randomizeCase, ca], [[RCODE.NXDOMAIN, RCODE.SERVFAIL], true, 'PEM'])
  assert.equal(assembled('forward: {}').config.forward.ca, undefined)
})

test('encrypted upstreams stand among the others in their order', () => {
  const all = ['10.0.0.2:53', 'tls://9.9.9.9:853#dns.quad9.net', 'https://9.9.9.9:443/dns-query#dns.quad9.net']
  const { config } = assembled(`forward: { upstreams: ${JSON.stringify(all)} }`)
  assert.deepEqual(serversOf(config.forward.everything), all)
})

const MANIFESTS = 'source: { manifests: [a] }\n'
const KUBERNETES = 'source: { kubernetes: {} }\n'

const clusterDnsOf = ({ forward: { clusterDns } }: Config) =>
  clusterDns && {
    domains: clusterDns.domains.map(formatName),
    servers: clusterDns.servers === undefined ? 'as the cluster says' : clusterDns.servers.map(formatServer),
  }

const clusterDns = (source: string, value = '') => {
  const { config, problems } = assembled(`${source}${value && `clusterDNS: ${value}`}`)
  assert.deepEqual(problems, [])
  return clusterDnsOf(config)
}

const ALL = ['cluster.local.', 'in-addr.arpa.', 'ip6.arpa.']

test('the cluster DNS is found in the cluster, unless there is none or it is not wanted', () => {
  const live = { domains: ALL, servers: 'as the cluster says' }
  assert.deepEqual(clusterDns(KUBERNETES), live)
  assert.deepEqual(clusterDns(KUBERNETES, 'auto'), live)
  assert.equal(clusterDns(KUBERNETES, 'off'), undefined)
  assert.equal(clusterDns(KUBERNETES, '[]'), undefined)
  for (const value of ['auto', 'off', '[]']) assert.equal(clusterDns(MANIFESTS, value), undefined)
})

test('servers of the cluster DNS that are given are asked, wherever the cluster is known from', () => {
  for (const source of [MANIFESTS, KUBERNETES])
    assert.deepEqual(clusterDns(source, '[10.0.0.10, tls://10.0.0.11#dns.example]'), {
      domains: ALL,
      servers: ['10.0.0.10:53', 'tls://10.0.0.11:853#dns.example'],
    })
})

test('names of the cluster and reverse names go to the cluster DNS, but for stub domains', () => {
  const forward = 'forward: { stubDomains: { In-Addr.Arpa.: [10.0.0.7], x.k8s.example: [10.0.0.8] } }'
  const { config } = assembled(`clusterDomain: k8s.example\nclusterDNS: [10.0.0.10]\n${forward}`)
  assert.deepEqual(clusterDnsOf(config), { domains: ['k8s.example.', 'ip6.arpa.'], servers: ['10.0.0.10:53'] })
  assert.deepEqual(stubsOf(config.forward.stubDomains), {
    'in-addr.arpa.': ['10.0.0.7:53'],
    'x.k8s.example.': ['10.0.0.8:53'],
  })
})

test('a stub domain of kube-dns keeps its names from the cluster DNS too', () => {
  const { config } = assembled('clusterDNS: [10.0.0.10]', { stubDomains: '{"cluster.local": ["10.0.0.9"]}' })
  assert.deepEqual(clusterDnsOf(config)?.domains, ['in-addr.arpa.', 'ip6.arpa.'])
  assert.ok(config.forward.stubDomains.has(parseName('cluster.local')))
})

test('an empty list keeps the names of a domain from the cluster DNS, and those of a domain below it', () => {
  const stubs = '{ Cluster.Local.: [], in-addr.arpa: { upstreams: [] }, x.ip6.arpa: [] }'
  const { config, problems } = assembled(
    `clusterDNS: [10.0.0.9]\nforward: { upstreams: [10.0.0.1], stubDomains: ${stubs} }`,
  )
  assert.deepEqual(problems, [])
  assert.deepEqual(clusterDnsOf(config)?.domains, ['ip6.arpa.'])
  assert.deepEqual(stubsOf(config.forward.stubDomains), { 'x.ip6.arpa.': ['10.0.0.1:53'] })
})
