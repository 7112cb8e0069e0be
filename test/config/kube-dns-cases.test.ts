import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseCorefile } from '../../lib/config/corefile.ts'
import { assemble } from '../../lib/config/assemble.ts'
import { type FederationConfig, readFederations } from '../../lib/config/federations.ts'
import { parseKubeDns } from '../../lib/config/kube-dns.ts'
import { formatName, nameOf, parseName } from '../../lib/dns/name.ts'
import { recogniser, type ShardName } from '../../lib/federation/recognise.ts'
import { fileOf, MINIMAL } from './minimal.ts'

// What kube-dns and CoreDNS made of such values, and where we mean to differ. Those of kind `config-sync` need a
// running resolver: see kube-dns-sync.test.ts.

interface Case {
  readonly id: string
  readonly kind: string
  readonly input: unknown
  readonly given?: { readonly clusterDomain?: string; readonly zone?: string; readonly federations?: readonly string[] }
  readonly expect: Readonly<Record<string, unknown>>
}

const { cases } = JSON.parse(readFileSync(`${import.meta.dirname}/kube-dns-cases.json`, 'utf8')) as { cases: Case[] }

const RUN: Readonly<Record<string, (given: Case) => void>> = {
  'config-federations': ({ input, given, expect }) =>
    assert.deepEqual(effectOf(new Map([['federations', String(input)]]), given?.clusterDomain), expect),
  'config-validate': ({ input, expect }) => {
    const { valid } = effectOf(
      new Map(Object.entries(input as object).map(([key, value]) => [key, textOf(key, value)])),
    )
    assert.deepEqual({ valid }, expect)
  },
  'config-corefile': ({ input, expect }) => {
    const { federations, problems } = parseCorefile(String(input))
    const valid = problems.length === 0
    assert.deepEqual({ valid, federations: valid ? Object.fromEntries(federations) : null }, expect)
  },
  'name-match': ({ input, given, expect }) => {
    const shard = shardIn(String(input), given ?? {})
    const rest = shard === undefined ? input : `${shard.service}.${shard.namespace}.svc`
    // The older plugin told the federation and the rest, the later one the rest alone.
    if ('rest' in expect) assert.deepEqual({ federation: shard?.federation.name ?? null, rest }, expect)
    else assert.equal(shard === undefined ? null : rest, expect['nameWithoutFederation'])
  },
}

// Without a zone, the name is relative to that of the cluster.
function shardIn(text: string, { zone, federations = [] }: NonNullable<Case['given']>): ShardName | undefined {
  const clusterDomain = parseName(zone ?? 'cluster.local')
  const name = zone === undefined ? nameOf(text.split('.'), clusterDomain) : parseName(text)
  const found = recogniser({ clusterDomain, federations: knownAs(federations) })(name)
  return found?.kind === 'shard' ? found : undefined
}

// Through the whole of the configuration, as a mounted ConfigMap goes.
function effectOf(data: ReadonlyMap<string, string>, clusterDomain = 'cluster.local') {
  const kubeDns = parseKubeDns(data)
  const file = fileOf(`${MINIMAL}clusterDomain: ${clusterDomain}`)
  const { config, problems } = assemble(file, {
    kubeDns: kubeDns.config,
    resolvConf: new Map(),
    ca: undefined,
    cookieSecrets: [],
    tls: undefined,
  })
  const valid = kubeDns.problems.length === 0 && problems.length === 0
  return { valid, federations: valid ? domainsOf(config.federations) : null }
}

const domainsOf = (federations: ReadonlyMap<string, FederationConfig>): Record<string, string> =>
  Object.fromEntries([...federations.values()].map(({ name, domain }) => [name, formatName(domain).replace(/\.$/, '')]))

const textOf = (key: string, value: unknown): string =>
  key === 'federations'
    ? Object.entries(value as object)
        .map(([name, domain]) => `${name}=${String(domain)}`)
        .join(',')
    : JSON.stringify(value)

const knownAs = (names: readonly string[]): ReadonlyMap<string, FederationConfig> =>
  readFederations(
    names.map((name) => [name, 'federation.example'] as const),
    { clusterDomain: parseName('cluster.local'), bareNames: 'auto' },
  ).federations

for (const given of cases.filter(({ kind }) => kind !== 'config-sync')) {
  test(`${given.id}: ${JSON.stringify(given.input)} (${given.kind})`, () => {
    const run = RUN[given.kind]
    assert.ok(run !== undefined, `no way to run ${given.kind}`)
    run(given)
  })
}

test('no kind of case is missing from the file', () => {
  const kinds = new Set(cases.map(({ kind }) => kind))
  assert.deepEqual([...kinds].sort(), [...Object.keys(RUN), 'config-sync'].sort())
})
