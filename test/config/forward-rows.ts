import { RCODE } from '../../lib/dns/constants.ts'
import { parseName, ROOT } from '../../lib/dns/name.ts'

// Rows of the tables in schema.test.ts, for names that are not ours, and for operators.

const dns = (host: string, port = 53) => ({ protocol: 'dns', host, port })
const QUAD9 = { host: '9.9.9.9', serverName: 'dns.quad9.net' }

/** What is written, the key that it is about, and what it becomes. */
export const GOOD_FORWARD: readonly (readonly [string, string, unknown])[] = [
  ['clusterDNS: auto', 'clusterDNS', 'auto'],
  ['clusterDNS: off', 'clusterDNS', []],
  ['clusterDNS: []', 'clusterDNS', []],
  ['clusterDNS: [10.0.0.2, "10.0.0.3:5353"]', 'clusterDNS.1', dns('10.0.0.3', 5353)],
  ['clusterDNS: [tcp://10.0.0.2]', 'clusterDNS.0', { protocol: 'tcp', host: '10.0.0.2', port: 53 }],
  ['forward: { upstreams: [192.0.2.1] }', 'forward.upstreams', [dns('192.0.2.1')]],
  ['forward: { upstreams: ["192.0.2.1:5353"] }', 'forward.upstreams.0', dns('192.0.2.1', 5353)],
  ['forward: { upstreams: ["2001:db8::1"] }', 'forward.upstreams.0', dns('2001:db8::1')],
  ['forward: { upstreams: ["[2001:db8::1]:5353"] }', 'forward.upstreams.0', dns('2001:db8::1', 5353)],
  [
    'forward: { upstreams: [tls://9.9.9.9#dns.quad9.net] }',
    'forward.upstreams.0',
    { protocol: 'tls', port: 853, ...QUAD9 },
  ],
  [
    'forward: { upstreams: [https://9.9.9.9/dns-query#dns.quad9.net] }',
    'forward.upstreams.0',
    { protocol: 'https', port: 443, path: '/dns-query', ...QUAD9 },
  ],
  ['forward: { upstreams: [/etc/resolv.conf] }', 'forward.upstreams.0', { resolvConf: '/etc/resolv.conf' }],
  ['forward: { upstreams: [./resolv.conf] }', 'forward.upstreams.0', { resolvConf: './resolv.conf' }],
  ['forward: { upstreams: [/a:b/resolv.conf] }', 'forward.upstreams.0', { resolvConf: '/a:b/resolv.conf' }],
  ['forward: { upstreams: [] }', 'forward.upstreams', []],
  ['forward: { policy: fastest }', 'forward.policy', 'fastest'],
  ['forward: { policy: sequential }', 'forward.policy', 'sequential'],
  ['forward: { policy: roundRobin }', 'forward.policy', 'roundRobin'],
  ['forward: { policy: random }', 'forward.policy', 'random'],
  ['forward: { failover: [] }', 'forward.failover', []],
  ['forward: { failover: [FORMERR, NXDOMAIN] }', 'forward.failover', [RCODE.FORMERR, RCODE.NXDOMAIN]],
  ['forward: { ca: /etc/ssl/corp-ca.pem }', 'forward.ca', '/etc/ssl/corp-ca.pem'],
  ['forward: { randomizeCase: true }', 'forward.randomizeCase', true],
  ['forward: { stubDomains: { acme: [NS.Acme] } }', 'forward.stubDomains.acme', { upstreams: [dns('ns.acme')] }],
  ['forward: { stubDomains: { acme: ["10.0.0.1:54"] } }', 'forward.stubDomains.acme.upstreams.0', dns('10.0.0.1', 54)],
  ['forward: { stubDomains: { acme: [] } }', 'forward.stubDomains.acme', { upstreams: [] }],
  [
    'forward: { stubDomains: { acme: { upstreams: ["tls://10.1.0.1:1853#Dns.Corp"], policy: sequential } } }',
    'forward.stubDomains.acme',
    {
      upstreams: [{ protocol: 'tls', host: '10.1.0.1', port: 1853, serverName: 'dns.corp' }],
      policy: 'sequential',
    },
  ],
  [
    'forward: { stubDomains: { acme: { upstreams: [ns.acme] } } }',
    'forward.stubDomains.acme',
    { upstreams: [dns('ns.acme')] },
  ],
  ['cache: { entries: 0 }', 'cache.entries', 0],
  ['cache: { entries: 10000000 }', 'cache.entries', 10_000_000],
  ['cache: { memory: 1Mi }', 'cache.memory', 2 ** 20],
  ['cache: { memory: 1024Ki }', 'cache.memory', 2 ** 20],
  ['cache: { memory: 64Gi }', 'cache.memory', 2 ** 36],
  ['cache: { minTtl: 1h }', 'cache.minTtl', 3_600_000],
  ['cache: { maxTtl: 168h }', 'cache.maxTtl', 604_800_000],
  ['cache: { maxTtl: 7d }', 'cache.maxTtl', 604_800_000],
  ['cache: { maxNegativeTtl: 24h }', 'cache.maxNegativeTtl', 86_400_000],
  ['cache: { maxNegativeTtl: 0s }', 'cache.maxNegativeTtl', 0],
  ['cache: { maxStale: 0s }', 'cache.maxStale', 0],
  ['cache: { maxStale: 168h }', 'cache.maxStale', 604_800_000],
  ['cache: { prefetch: false }', 'cache.prefetch', false],
  ['cache: { keepPositive: [Acme.Example., .] }', 'cache.keepPositive', [parseName('acme.example'), ROOT]],
  [
    'policy: { block: { a.b: nxdomain, c: nodata, d: refuse } }',
    'policy.block',
    { 'a.b': 'nxdomain', c: 'nodata', d: 'refuse' },
  ],
  ['policy: { noAAAA: [Legacy.Example., "."] }', 'policy.noAAAA', [parseName('legacy.example'), ROOT]],
  ['metrics: { corednsNames: true }', 'metrics.corednsNames', true],
  ['control: ~/control.sock', 'control', '/home/op/control.sock'],
]

const FORMS = 'an IP address, IP:port, [IPv6]:port, tcp://IP, tls://IP#NAME, https://IP/PATH#NAME'
const WEEK = 'a duration from 0s to 168h, such as 500ms, 10s or 2m'
const MEMORY = 'an amount of memory from 1Mi to 64Gi, such as 20Mi'
const RCODES = 'one of SERVFAIL, REFUSED, NOTIMP, FORMERR, NXDOMAIN'
const POLICIES = 'one of fastest, sequential, roundRobin, random'
const BLOCKING = 'one of nxdomain, nodata, refuse'

const notAnUpstream = (text: string): readonly [string, string, string, string] => [
  `forward: { upstreams: [${JSON.stringify(text)}] }`,
  'forward.upstreams.0',
  JSON.stringify(text),
  `${FORMS}, or the path of a resolv.conf file`,
]

const notAStubServer = (text: string): readonly [string, string, string, string] => [
  `forward: { stubDomains: { a.b: [${JSON.stringify(text)}] } }`,
  'forward.stubDomains.a.b.0',
  JSON.stringify(text),
  `${FORMS}, or a host name`,
]

/** What is written, the key that the problem must name, the value that it must show, and what it must say is allowed. */
export const BAD_FORWARD: readonly (readonly [string, string, string, string])[] = [
  ['clusterDNS: kube-dns', 'clusterDNS', '"kube-dns"', 'auto, off, or a list of '],
  ['clusterDNS: [10.0.0.1, ns]', 'clusterDNS', '"ns"', 'IP address'],
  ['clusterDNS: [auto]', 'clusterDNS', '"auto"', 'IP address'],
  ['clusterDNS: false', 'clusterDNS', 'false', 'auto, off, or a list of '],
  ['clusterDNS:', 'clusterDNS', 'null', 'auto, off, or a list of '],
  ['clusterDNS: 10.0.0.1', 'clusterDNS', '"10.0.0.1"', 'auto, off, or a list of '],
  ['forward: { upstreams: 192.0.2.1 }', 'forward.upstreams', '"192.0.2.1"', 'a list of upstreams'],
  ...['ns.example', '192.0.2.1:0', '192.0.2.1:65536', 'tls://dns.quad9.net', 'https://dns.quad9.net/dns-query'].map(
    notAnUpstream,
  ),
  ...['https://9.9.9.9', 'tcp://9.9.9.9#a', '9.9.9.9#dns.quad9.net', 'quic://9.9.9.9', ''].map(notAnUpstream),
  ['forward: { policy: Fastest }', 'forward.policy', '"Fastest"', POLICIES],
  ['forward: { policy: [fastest] }', 'forward.policy', '["fastest"]', POLICIES],
  ['forward: { policy: }', 'forward.policy', 'null', POLICIES],
  ['forward: { failover: SERVFAIL }', 'forward.failover', '"SERVFAIL"', 'a list of rcodes'],
  ['forward: { failover: [servfail] }', 'forward.failover.0', '"servfail"', RCODES],
  ['forward: { failover: [SERVFAIL, NOERROR] }', 'forward.failover.1', '"NOERROR"', RCODES],
  ['forward: { failover: [2] }', 'forward.failover.0', '2', RCODES],
  ['forward: { failover: [constructor] }', 'forward.failover.0', '"constructor"', RCODES],
  ['forward: { ca: "" }', 'forward.ca', '""', 'a path'],
  ['forward: { ca: [a] }', 'forward.ca', '["a"]', 'a path'],
  ['forward: { randomizeCase: yes }', 'forward.randomizeCase', '"yes"', 'true or false'],
  ['forward: { stubDomains: [a.b] }', 'forward.stubDomains', '["a.b"]', 'a mapping of domain to list of servers'],
  ['forward: { stubDomains: { a.b: 10.0.0.1 } }', 'forward.stubDomains.a.b', '"10.0.0.1"', 'a list of servers'],
  ['forward: { stubDomains: { a.b: } }', 'forward.stubDomains.a.b', 'null', 'a list of servers'],
  ['forward: { stubDomains: { a.b: {} } }', 'forward.stubDomains.a.b.upstreams', 'missing', 'a list of servers'],
  [
    'forward: { stubDomains: { a.b: { upstreams: [], policy: x } } }',
    'forward.stubDomains.a.b.policy',
    '"x"',
    POLICIES,
  ],
  [
    'forward: { stubDomains: { a.b: { upstreams: [], more: 1 } } }',
    'forward.stubDomains.a.b.more',
    'no such key',
    'upstreams, policy',
  ],
  ...['n_s', 'ns.example:53', 'tls://ns.example#ns.example', 'tcp://ns.example', '/etc/resolv.conf'].map(
    notAStubServer,
  ),
  ['cache: { entries: -1 }', 'cache.entries', '-1', 'a whole number from 0 to 10000000'],
  ['cache: { entries: 1e8 }', 'cache.entries', '100000000', 'a whole number from 0 to 10000000'],
  ['cache: { entries: .inf }', 'cache.entries', 'null', 'a whole number from 0 to 10000000'],
  ...['1023Ki', '65Gi', '0Mi', '20M', '20MiB', '1.5Gi', '-1Mi', '20 Mi', '', '999999999Gi'].map(
    (text) => [`cache: { memory: "${text}" }`, 'cache.memory', `"${text}"`, MEMORY] as const,
  ),
  ['cache: { memory: 20971520 }', 'cache.memory', '20971520', MEMORY],
  ['cache: { minTtl: 61m }', 'cache.minTtl', '"61m"', 'a duration from 0s to 1h, such as 500ms, 10s or 2m'],
  ['cache: { maxTtl: 169h }', 'cache.maxTtl', '"169h"', WEEK],
  ['cache: { maxTtl: 86400 }', 'cache.maxTtl', '86400', WEEK],
  ['cache: { maxTtl: 99999999999999999999h }', 'cache.maxTtl', '"99999999999999999999h"', WEEK],
  ['cache: { maxNegativeTtl: 25h }', 'cache.maxNegativeTtl', '"25h"', 'a duration from 0s to 24h'],
  ['cache: { maxStale: 8d }', 'cache.maxStale', '"8d"', WEEK],
  ['cache: { prefetch: on }', 'cache.prefetch', '"on"', 'true or false'],
  ['cache: { keepPositive: all }', 'cache.keepPositive', '"all"', 'a list of domains'],
  ['cache: { keepPositive: [a_b] }', 'cache.keepPositive.0', '"a_b"', 'a domain name, such as example.org, or "."'],
  ['policy:', 'policy', 'null', 'a mapping of the keys block, noAAAA'],
  ['policy: { block: [a.b] }', 'policy.block', '["a.b"]', 'a mapping of domain to nxdomain, nodata or refuse'],
  ['policy: { block: { a.b: drop } }', 'policy.block.a.b', '"drop"', BLOCKING],
  ['policy: { block: { a.b: NXDOMAIN } }', 'policy.block.a.b', '"NXDOMAIN"', BLOCKING],
  ['policy: { block: { a.b: } }', 'policy.block.a.b', 'null', BLOCKING],
  ['policy: { noAAAA: a.b }', 'policy.noAAAA', '"a.b"', 'a list of domains'],
  ['policy: { noAAAA: ["*.a"] }', 'policy.noAAAA.0', '"*.a"', 'a domain name, such as example.org, or "."'],
  ['metrics: true', 'metrics', 'true', 'a mapping of the keys corednsNames'],
  ['metrics: { corednsNames: 1 }', 'metrics.corednsNames', '1', 'true or false'],
  ['metrics: { corednsNames: yes }', 'metrics.corednsNames', '"yes"', 'true or false'],
  ['control: ""', 'control', '""', 'a path'],
  ['control: { path: /run/x }', 'control', '{"path":"/run/x"}', 'a path'],
]
