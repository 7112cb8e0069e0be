import { printable } from '../../lib/base/fields.ts'
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
  ['forward: { upstreams: [10.0.0/resolv.conf] }', 'forward.upstreams.0', { resolvConf: '10.0.0/resolv.conf' }],
  ['forward: { upstreams: [10.0.0.1, tcp://10.0.0.1, "10.0.0.1:54"] }', 'forward.upstreams.2', dns('10.0.0.1', 54)],
  [
    'forward: { upstreams: [tls://9.9.9.9, tls://9.9.9.9#a] }',
    'forward.upstreams.0',
    { protocol: 'tls', host: '9.9.9.9', port: 853 },
  ],
  ['forward: { upstreams: [] }', 'forward.upstreams', []],
  ['forward: { policy: fastest }', 'forward.policy', 'fastest'],
  ['forward: { policy: sequential }', 'forward.policy', 'sequential'],
  ['forward: { policy: roundRobin }', 'forward.policy', 'roundRobin'],
  ['forward: { policy: random }', 'forward.policy', 'random'],
  ['forward: { failover: [] }', 'forward.failover', []],
  ['forward: { failover: [FORMERR, NXDOMAIN] }', 'forward.failover', [RCODE.FORMERR, RCODE.NXDOMAIN]],
  ['forward: { ca: /etc/ssl/corp-ca.pem }', 'forward.ca', '/etc/ssl/corp-ca.pem'],
  ['forward: { randomizeCase: true }', 'forward.randomizeCase', true],
  ['forward: { trustAD: [tls://9.9.9.9] }', 'forward.trustAD.0', { protocol: 'tls', host: '9.9.9.9', port: 853 }],
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
  [`control: /run/${'x'.repeat(102)}`, 'control', `/run/${'x'.repeat(102)}`],
  [`control: /${'x'.repeat(96)}/c`, 'control', `/${'x'.repeat(96)}/c`],
]

const FORMS =
  'ADDRESS, dns://ADDRESS, tcp://ADDRESS, tls://ADDRESS#NAME or https://ADDRESS/PATH#NAME (ADDRESS: IP, IP:PORT or [IPv6]:PORT; #NAME may be left out)'
const WEEK = 'a duration of whole seconds from 0s to 168h, such as 10s, 5m or 1h'
const STALE = 'a duration from 0s to 168h, such as 500ms, 10s or 2m'
const MEMORY = 'an amount of memory from 1Mi to 64Gi, such as 20Mi'
const RCODES = 'one of SERVFAIL, REFUSED, NOTIMP, FORMERR, NXDOMAIN'
const POLICIES = 'one of fastest, sequential, roundRobin, random'
const SOCKET = 'an absolute path of at most 107 octets, in a directory of at most 97, such as /run/feddns/control.sock'
const STUB = 'a list of servers, or a mapping of the keys upstreams, policy'
const NO_NAME = 'a name cannot be asked for before there is an upstream'
const NO_WILDCARD = 'the address of a server; no wildcard'
const URL_PATH = 'a path of letters, digits and what else RFC 3986 allows in it, all others as %HH; no variables'
const BLOCKING = 'one of nxdomain, nodata, refuse'

type Row = readonly [string, string, string, string]

const FIRST_UPSTREAM = 'is given twice, first in forward.upstreams.0'

// What comes near to a server, and what to write instead.
const HINTED: readonly (readonly [string, string])[] = [
  ['tls://dns.quad9.net', `tls://IP#dns.quad9.net: ${NO_NAME}`],
  ['tls://Dns.Quad9.Net:8853', `tls://IP:8853#dns.quad9.net: ${NO_NAME}`],
  ['tls://ns#dns.quad9.net', `tls://IP#dns.quad9.net: ${NO_NAME}`],
  ['https://dns.quad9.net/dns-query', `https://IP/dns-query#dns.quad9.net: ${NO_NAME}`],
  ['tcp://ns.example', `tcp://IP: ${NO_NAME}`],
  ['tls://9.9.9.9#9.9.9.9', 'a name after #, no address: without #NAME the certificate is checked for the address'],
  ['https://[2620:fe::fe]/q#[2620:fe::fe]', 'a name after #, no address'],
  ['0.0.0.0', `${NO_WILDCARD}: 0.0.0.0 is this host itself`],
  ['[0::0]:53', `${NO_WILDCARD}: :: is this host itself`],
  ['https://[::ffff:0.0.0.0]/q', `${NO_WILDCARD}: 0.0.0.0 is this host itself`],
  ['https://9.9.9.9/dns-query{?dns,x}', URL_PATH],
  ['https://9.9.9.9/%zz', URL_PATH],
]

const notAnUpstream = (text: string): Row => [
  `forward: { upstreams: [${JSON.stringify(text)}] }`,
  'forward.upstreams.0',
  JSON.stringify(text),
  `${FORMS}, or the path of a resolv.conf file`,
]

const notAStubServer = (text: string): Row => [
  `forward: { stubDomains: { a.b: [${JSON.stringify(text)}] } }`,
  'forward.stubDomains.a.b.0',
  JSON.stringify(text),
  `${FORMS}, or a host name`,
]

/** What is written, the key that the problem must name, the value that it must show, and what it must say is allowed. */
export const BAD_FORWARD: readonly Row[] = [
  ['clusterDNS: kube-dns', 'clusterDNS', '"kube-dns"', 'auto, off, or a list of '],
  ['clusterDNS: [10.0.0.1, ns]', 'clusterDNS.1', '"ns"', FORMS],
  ['clusterDNS: [auto]', 'clusterDNS.0', '"auto"', FORMS],
  ['clusterDNS: ["::"]', 'clusterDNS.0', '"::"', NO_WILDCARD],
  ['clusterDNS: [10.0.0.1, dns://10.0.0.1]', 'clusterDNS.1', '"dns://10.0.0.1"', 'given twice, first in clusterDNS.0'],
  ['clusterDNS: { upstreams: [10.0.0.1] }', 'clusterDNS', '{"upstreams":["10.0.0.1"]}', FORMS],
  ['clusterDNS: false', 'clusterDNS', 'false', 'auto, off, or a list of '],
  ['clusterDNS:', 'clusterDNS', 'null', 'auto, off, or a list of '],
  ['clusterDNS: 10.0.0.1', 'clusterDNS', '"10.0.0.1"', 'auto, off, or a list of '],
  ['forward: { upstreams: 192.0.2.1 }', 'forward.upstreams', '"192.0.2.1"', 'a list of upstreams'],
  ...['ns.example', '192.0.2.1:0', '192.0.2.1:65536', '9.9.9.9/dns-query', '9.9.9.9/24'].map(notAnUpstream),
  ...['https://9.9.9.9', 'tcp://9.9.9.9#a', '9.9.9.9#dns.quad9.net', 'quic://9.9.9.9', ''].map(notAnUpstream),
  ...HINTED.map(
    ([text, hint]): Row => [
      `forward: { upstreams: [10.0.0.1, ${JSON.stringify(text)}] }`,
      'forward.upstreams.1',
      JSON.stringify(text),
      hint,
    ],
  ),
  ['forward: { upstreams: [10.0.0.1, "10.0.0.1:53"] }', 'forward.upstreams.1', '"10.0.0.1:53"', FIRST_UPSTREAM],
  ['forward: { upstreams: ["fd00::1", "[fd00:0::1]"] }', 'forward.upstreams.1', '"[fd00:0::1]"', FIRST_UPSTREAM],
  ['forward: { upstreams: [10.0.0.1, "::ffff:10.0.0.1"] }', 'forward.upstreams.1', '"::ffff:10', FIRST_UPSTREAM],
  ['forward: { upstreams: [/a, /a] }', 'forward.upstreams.1', '"/a"', FIRST_UPSTREAM],
  ['forward: { policy: Fastest }', 'forward.policy', '"Fastest"', POLICIES],
  ['forward: { policy: [fastest] }', 'forward.policy', '["fastest"]', POLICIES],
  ['forward: { policy: }', 'forward.policy', 'null', POLICIES],
  ['forward: { failover: SERVFAIL }', 'forward.failover', '"SERVFAIL"', 'a list of rcodes'],
  ['forward: { failover: [servfail] }', 'forward.failover.0', '"servfail"', RCODES],
  ['forward: { failover: [SERVFAIL, NOERROR] }', 'forward.failover.1', '"NOERROR"', RCODES],
  [
    'forward: { failover: [REFUSED, REFUSED] }',
    'forward.failover.1',
    '"REFUSED"',
    'given twice, first in forward.failo',
  ],
  ['forward: { failover: [2] }', 'forward.failover.0', '2', RCODES],
  ['forward: { failover: [constructor] }', 'forward.failover.0', '"constructor"', RCODES],
  ['forward: { ca: "" }', 'forward.ca', '""', 'a path'],
  ['forward: { ca: [a] }', 'forward.ca', '["a"]', 'a path'],
  ['forward: { randomizeCase: yes }', 'forward.randomizeCase', '"yes"', 'true or false'],
  ['forward: { trustAD: true }', 'forward.trustAD', 'true', 'a list of servers'],
  ['forward: { trustAD: [dns.example] }', 'forward.trustAD.0', '"dns.example"', 'ADDRESS'],
  ['forward: { stubDomains: [a.b] }', 'forward.stubDomains', '["a.b"]', 'a mapping of domain to list of servers'],
  ['forward: { stubDomains: { a.b: 10.0.0.1 } }', 'forward.stubDomains.a.b', '"10.0.0.1"', STUB],
  ['forward: { stubDomains: { a.b: } }', 'forward.stubDomains.a.b', 'null', STUB],
  ['forward: { stubDomains: { a.b: [NS.a, ns.a] } }', 'forward.stubDomains.a.b.1', '"ns.a"', 'given twice'],
  [`forward: { stubDomains: { a.b: [tls://ns.b] } }`, 'forward.stubDomains.a.b.0', '"tls://ns.b"', NO_NAME],
  [`forward: { stubDomains: { a.b: [0.0.0.0] } }`, 'forward.stubDomains.a.b.0', '"0.0.0.0"', NO_WILDCARD],
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
  ...['n_s', 'ns.example:53', `${'a'.repeat(64)}.example`, '/etc/resolv.conf'].map(notAStubServer),
  ['cache: { entries: -1 }', 'cache.entries', '-1', 'a whole number from 0 to 10000000'],
  ['cache: { entries: 1e8 }', 'cache.entries', '100000000', 'a whole number from 0 to 10000000'],
  ['cache: { entries: .inf }', 'cache.entries', 'null', 'a whole number from 0 to 10000000'],
  ...['1023Ki', '65Gi', '0Mi', '20M', '20MiB', '1.5Gi', '-1Mi', '20 Mi', '', '999999999Gi'].map(
    (text) => [`cache: { memory: "${text}" }`, 'cache.memory', `"${text}"`, MEMORY] as const,
  ),
  ['cache: { memory: 20971520 }', 'cache.memory', '20971520', MEMORY],
  ['cache: { minTtl: 61m }', 'cache.minTtl', '"61m"', 'a duration of whole seconds from 0s to 1h, such as 10s'],
  ['cache: { minTtl: 1500ms }', 'cache.minTtl', '"1500ms"', 'a duration of whole seconds'],
  ['cache: { maxTtl: 1ms }', 'cache.maxTtl', '"1ms"', WEEK],
  ['cache: { maxNegativeTtl: 0.5s }', 'cache.maxNegativeTtl', '"0.5s"', 'a duration of whole seconds'],
  ['cache: { maxTtl: 169h }', 'cache.maxTtl', '"169h"', WEEK],
  ['cache: { maxTtl: 86400 }', 'cache.maxTtl', '86400', WEEK],
  ['cache: { maxTtl: 99999999999999999999h }', 'cache.maxTtl', '"99999999999999999999h"', WEEK],
  ['cache: { maxNegativeTtl: 25h }', 'cache.maxNegativeTtl', '"25h"', 'a duration of whole seconds from 0s to 24h'],
  ['cache: { maxStale: 8d }', 'cache.maxStale', '"8d"', STALE],
  ['cache: { prefetch: on }', 'cache.prefetch', '"on"', 'true or false'],
  ['cache: { keepPositive: all }', 'cache.keepPositive', '"all"', 'a list of domains'],
  ['cache: { keepPositive: [., .] }', 'cache.keepPositive.1', '"."', 'given twice, first in cache.keepPositive.0'],
  ['cache: { keepPositive: [a_b] }', 'cache.keepPositive.0', '"a_b"', 'a domain name, such as example.org, or "."'],
  ['policy:', 'policy', 'null', 'a mapping of the keys block, noAAAA'],
  ['policy: { block: [a.b] }', 'policy.block', '["a.b"]', 'a mapping of domain to nxdomain, nodata or refuse'],
  ['policy: { block: { a.b: drop } }', 'policy.block.a.b', '"drop"', BLOCKING],
  ['policy: { block: { a.b: NXDOMAIN } }', 'policy.block.a.b', '"NXDOMAIN"', BLOCKING],
  ['policy: { block: { a.b: } }', 'policy.block.a.b', 'null', BLOCKING],
  ['policy: { noAAAA: a.b }', 'policy.noAAAA', '"a.b"', 'a list of domains'],
  ['policy: { noAAAA: ["*.a"] }', 'policy.noAAAA.0', '"*.a"', 'a domain name, such as example.org, or "."'],
  ['policy: { noAAAA: [a.b, c, A.B.] }', 'policy.noAAAA.2', '"A.B."', 'given twice, first in policy.noAAAA.0'],
  ['metrics: true', 'metrics', 'true', 'a mapping of the keys corednsNames'],
  ['metrics: { corednsNames: 1 }', 'metrics.corednsNames', '1', 'true or false'],
  ['metrics: { corednsNames: yes }', 'metrics.corednsNames', '"yes"', 'true or false'],
  ...['', 'control.sock', './c', '/run/', '/run/.', '/run/..', '/', '/a\0b'].map(
    (text): Row => [`control: ${JSON.stringify(text)}`, 'control', printable(text), SOCKET],
  ),
  [`control: /run/${'x'.repeat(103)}`, 'control', '"/run/xxx', SOCKET],
  [`control: /run/${'é'.repeat(52)}`, 'control', '"/run/éé', SOCKET],
  [`control: /${'x'.repeat(97)}/c`, 'control', '"/xxx', SOCKET],
  ['control: { path: /run/x }', 'control', '{"path":"/run/x"}', SOCKET],
]
