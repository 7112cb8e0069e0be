import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { stringify } from 'yaml'
import { parseDurationMs } from '../../../lib/base/duration.ts'
import { isObject } from '../../../lib/base/fields.ts'
import { type Address, parseIpAddress, parseServerAddress } from '../../../lib/config/address.ts'
import { assemble } from '../../../lib/config/assemble.ts'
import type { References } from '../../../lib/config/assemble-forward.ts'
import type { Config } from '../../../lib/config/config.ts'
import { parseCorefile } from '../../../lib/config/corefile.ts'
import { normaliseDomain } from '../../../lib/config/federations.ts'
import { formatDuration } from '../../../lib/config/format-duration.ts'
import { KUBE_DNS_KEYS, parseKubeDns } from '../../../lib/config/kube-dns.ts'
import { parseConfig } from '../../../lib/config/parse-config.ts'
import { parseResolvConf } from '../../../lib/config/resolv-conf.ts'
import { formatServer, parseNamedServer, type Server } from '../../../lib/config/server.ts'
import { formatName, type Name } from '../../../lib/dns/name.ts'
import { assertWhole } from '../../config/assert-whole.ts'
import { WHOLE } from '../../config/malformed.ts'
import { assertShown } from '../checks/assert-shown.ts'
import type { Target } from '../engine/target.ts'

const FILES = { CA: '/ca.pem', SECRETS: '/secrets', CERTIFICATE: '/tls.crt', KEY: '/tls.key' }
const ENV = { ...FILES, HOME: '/root', ADDRESS: '127.0.0.1:53' }
const NO_REFERENCES: References = {
  kubeDns: { federations: [], stubDomains: {}, upstreamNameservers: [] },
  resolvConf: new Map(),
  ca: undefined,
  cookieSecrets: ['e5e973e5a6b2a43f48e7dc849e37bfcf'],
  tls: undefined,
}
const MINIMAL = 'listen: ["127.0.0.1:53"]\nsource: { manifests: [x] }\n'
const SEPARATOR = '\0'

/** What people write for us, as text. The first octet says what it is. */
export const target: Target = {
  about: [
    'lib/config/{parse-config,assemble*,schema,reader*,forward-schema,federations,kube-dns,stub-domains,server*,address}.ts',
    'lib/config/{corefile,resolv-conf,contradictions,own-addresses,substitute,memory,label-selector,url-path,host-name}.ts',
    'lib/config/{distinct-list,distinct-servers,socket-path}.ts',
  ],
  maxOctets: 3000,
  longOctets: 100_000,
  steps: { base: 30_000, perOctet: 200 },
  words: [
    '${HOME}',
    '${NOT_SET}',
    '~/',
    '&a [*a]',
    '*a',
    '<<: *a',
    '!!binary',
    '"__proto__"',
    '1e999',
    '\ud83d\ude00',
    '127.0.0.1',
    '::ffff:1.2.3.4',
    'fe80::1%eth0',
    '[::1]:53',
    'tls://',
    'https://',
    '#dns.example',
    '\nnameserver ',
    'federation',
    '\u2028',
    '\x7f',
    '"\\u0085"',
  ],
  run(octets) {
    const text = octets.subarray(1).toString()
    READERS[String.fromCharCode(octets[0] ?? 0)]?.(text)
  },
  seeds: [
    Buffer.from(`y${MINIMAL}`),
    Buffer.from(`y${stringify(WHOLE)}`),
    ...Object.entries(WHOLE).map(([key, value]) => Buffer.from(`y${MINIMAL}${stringify({ [key]: value })}`)),
    Buffer.from(
      'ysource: { kubernetes: { kubeconfig: "~/.kube/config", context: c, namespaces: [a], labelSelector: "a in (b,c)", snapshot: { path: /x } } }\nlisten: ["${ADDRESS}"]\n',
    ),
    Buffer.from(
      `ka=example.com, b=b.example\0{"acme.local": ["10.0.0.1", "10.0.0.2:5353", "ns.acme"]}\0["8.8.8.8", "[::1]:53"]`,
    ),
    Buffer.from('rsearch a b\nnameserver 10.0.0.1\nnameserver fe80::1%eth0 # x\noptions ndots:5\nnameserver 0.0.0.0\n'),
    Buffer.from('c.:53 {\n  federation cluster.local {\n    fed example.com # x\n    upstream\n  }\n}\n'),
  ],
}

const READERS: Readonly<Record<string, (text: string) => void>> = {
  y: asYaml,
  k: asKubeDns,
  r: asResolvConf,
  c: asCorefile,
}

function asYaml(text: string): void {
  const { file, problems } = parseConfig(text, ENV)
  assertShown(problems)
  if (file === undefined) return assert.ok(problems.length > 0)
  const ca = file.forward.ca === undefined ? undefined : 'BEGIN CERTIFICATE'
  const outcome = assemble(file, { ...NO_REFERENCES, ca })
  assertShown([...outcome.problems, ...outcome.warnings])
  if (problems.length + outcome.problems.length === 0) assertTaken(outcome.config)
}

function asKubeDns(text: string): void {
  const parts = text.split(SEPARATOR)
  const { config, problems } = parseKubeDns(new Map(KUBE_DNS_KEYS.map((key, i) => [key, parts[i] ?? ''])))
  assertShown(problems)
  if (problems.length > 0) return
  for (const address of [...Object.values(config.stubDomains), config.upstreamNameservers].flat())
    assertAddress(address)
  const { file } = parseConfig(MINIMAL, ENV)
  assert.ok(file !== undefined)
  const outcome = assemble(file, { ...NO_REFERENCES, kubeDns: config })
  assertShown([...outcome.problems, ...outcome.warnings])
  if (outcome.problems.length === 0) assertTaken(outcome.config)
}

function asResolvConf(text: string): void {
  for (const address of parseResolvConf(text)) {
    assert.notEqual(isIP(address.host), 0)
    assertAddress(address)
  }
}

function asCorefile(text: string): void {
  const { federations, problems } = parseCorefile(text)
  assertShown(problems)
  assert.ok(problems.length > 0 || federations.length > 0)
  for (const words of federations) for (const word of words) assert.match(word, /^\S+$/)
}

// What was taken is whole, and can be written so that it is read as the same.
function assertTaken(config: Config): void {
  assertWhole(config)
  const { forward, clusterDomain, policy, cache, federations } = config
  const domains = [...federations.values()].map(({ domain }) => domain)
  for (const name of [
    clusterDomain,
    ...domains,
    ...policy.block.keys(),
    ...policy.noAAAA,
    ...cache.keepPositive,
    ...forward.stubDomains.keys(),
  ])
    assertName(name)
  const routes = [forward.everything, ...forward.stubDomains.values()]
  for (const server of [...routes.flatMap(({ upstreams }) => upstreams), ...(forward.clusterDns?.servers ?? [])])
    assertServer(server)
  for (const address of config.listen) assertAddress(address)
  for (const ms of [cache.minTtl, cache.maxTtl, cache.maxStale, config.lameDuckMs, config.health.leaveAfter])
    assert.equal(parseDurationMs(formatDuration(ms)), ms)
  assertWrites(config)
}

// Nothing in it that JSON would lose, but for maps and what is left out.
function assertWrites(value: unknown): void {
  if (value instanceof Map) return [...value.values()].forEach(assertWrites)
  if (Array.isArray(value)) return value.forEach(assertWrites)
  if (isObject(value)) return Object.values(value).forEach(assertWrites)
  assert.ok(['string', 'boolean', 'undefined'].includes(typeof value) || Number.isFinite(value), String(value))
}

const assertName = (name: Name): void => assert.equal(normaliseDomain(formatName(name)), name)

const assertServer = (server: Server): void => {
  const text = formatServer(server)
  assertShown([text])
  if (isIP(server.host) !== 0) assert.deepEqual(parseNamedServer(text), server)
}

function assertAddress({ host, port }: Address): void {
  const text = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
  if (isIP(host) === 0) assert.equal(parseServerAddress(host, port)?.host, host)
  else assert.deepEqual(parseIpAddress(text, 53, true), { host, port })
}
