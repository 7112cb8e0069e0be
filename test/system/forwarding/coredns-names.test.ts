import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { type Family, parsePrometheusText } from '../../observe/prometheus-text.ts'
import { missing } from '../../peers/missing.ts'
import { explained } from './explained.ts'
import { NameServer } from './name-server.ts'
import { RealCoredns } from './real-coredns.ts'
import { metricsOf, reloadWith, resolverWith } from './resolver-with.ts'

type Families = ReadonlyMap<string, Family>

/** What CoreDNS tells from its start, and we do not. */
const NOT_OURS: Readonly<Record<string, string>> = {
  coredns_health_request_duration_seconds: 'it asks its own /health; we have nothing that asks itself',
  coredns_health_request_failures_total: 'as above',
  coredns_hosts_reload_timestamp_seconds: 'we read no hosts file',
  coredns_local_localhost_requests_total: 'feddns_policy_total counts special-use names',
  coredns_plugin_enabled: 'we have no plugins',
  coredns_reload_failed_total: 'feddns_reloads_total counts those that were refused as well',
}

/** What CoreDNS tells only once there is something to count. */
const ONCE_COUNTED = [
  'coredns_cache_evictions_total',
  'coredns_cache_prefetch_total',
  'coredns_cache_served_stale_total',
  'coredns_proxy_healthcheck_failures_total',
]

// Three names, one of them twice, one question over TCP.
async function ask(server: { readonly port: number }): Promise<void> {
  for (const name of ['a.example', 'a.example', 'b.example'])
    assert.equal((await explained(server, name)).rcode, 'NOERROR')
  assert.equal((await explained(server, 'c.example', 'tcp')).rcode, 'NOERROR')
}

const isTheirs = (name: string): boolean => name.startsWith('coredns_')

const ours = async (resolver: Parameters<typeof metricsOf>[0]): Promise<Families> =>
  new Map([...(await metricsOf(resolver))].filter(([name]) => isTheirs(name)))

const labelsOf = (series: string): ReadonlyMap<string, string> =>
  new Map([...series.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))

const labelNames = ({ samples }: Family): string[] =>
  [...new Set([...samples.keys()].flatMap((series) => [...labelsOf(series).keys()]))].sort()

const bounds = ({ samples }: Family): number[] =>
  [...new Set([...samples.keys()].flatMap((series) => labelsOf(series).get('le') ?? []))]
    .filter((bound) => bound !== '+Inf')
    .map(Number)
    .sort((a, b) => a - b)

/** The sum over all series of a metric whose name ends so, and that have these labels. */
function sumOf(families: Families, name: string, { ending = '', labels = {} }: Which = {}): number {
  const wanted = Object.entries(labels)
  const samples = [...(families.get(name)?.samples ?? [])].filter(([series]) => {
    const has = labelsOf(series)
    return series.replace(/\{.*/, '') === name + ending && wanted.every(([label, value]) => has.get(label) === value)
  })
  assert.ok(samples.length > 0, `${name}${ending} ${JSON.stringify(labels)}`)
  return samples.reduce((sum, [, value]) => sum + value, 0)
}

interface Which {
  readonly ending?: string
  readonly labels?: Readonly<Record<string, string>>
}

const COUNTS: readonly (readonly [string, Which?])[] = [
  ['coredns_dns_requests_total'],
  ['coredns_dns_requests_total', { labels: { proto: 'udp', family: '1', type: 'A', zone: '.' } }],
  ['coredns_dns_requests_total', { labels: { proto: 'tcp', family: '1', type: 'A', zone: '.' } }],
  ['coredns_dns_responses_total', { labels: { rcode: 'NOERROR', zone: '.' } }],
  ['coredns_dns_request_duration_seconds', { ending: '_count' }],
  ['coredns_dns_request_size_bytes', { ending: '_count', labels: { proto: 'udp' } }],
  ['coredns_dns_request_size_bytes', { ending: '_sum', labels: { proto: 'udp' } }],
  ['coredns_dns_request_size_bytes', { ending: '_sum', labels: { proto: 'tcp' } }],
  ['coredns_dns_response_size_bytes', { ending: '_count', labels: { proto: 'tcp' } }],
  ['coredns_cache_requests_total'],
  ['coredns_cache_misses_total'],
  ['coredns_cache_hits_total', { labels: { type: 'success' } }],
  ['coredns_cache_entries', { labels: { type: 'success' } }],
  ['coredns_cache_entries', { labels: { type: 'denial' } }],
  ['coredns_forward_healthcheck_broken_total'],
  ['coredns_forward_max_concurrent_rejects_total'],
  ['coredns_panics_total'],
]

test('metrics with the names of CoreDNS are those of a CoreDNS that was asked the same', {
  skip: missing('leash', 'coredns') ?? false,
}, async (t) => {
  await using folder = await temporaryFolder()
  await using upstream = await NameServer.start({ address: '192.0.2.1' })
  await using coredns = await RealCoredns.start(folder, upstream.place)
  const sections = { forward: { upstreams: [upstream.place] }, metrics: { corednsNames: true } }
  await using resolver = await resolverWith(folder, sections)
  for (const server of [coredns, resolver]) await ask(server)
  const theirs = parsePrometheusText(await coredns.metrics())
  const own = await ours(resolver)

  await t.test('all names, but for those that there is a reason for', () => {
    const lacking = [...theirs.keys()].filter((name) => !own.has(name))
    assert.deepEqual(lacking.sort(), Object.keys(NOT_OURS).sort())
    const beyond = [...own.keys()].filter((name) => !theirs.has(name))
    assert.deepEqual(beyond.sort(), ONCE_COUNTED)
  })

  await t.test('types, names of labels, and bounds of buckets', () => {
    for (const [name, family] of own) {
      const their = theirs.get(name)
      if (their === undefined) continue
      assert.equal(family.type, their.type, name)
      assert.deepEqual(labelNames(family), labelNames(their), name)
      assert.deepEqual(bounds(family), bounds(their), name)
    }
  })

  await t.test('what was counted', () => {
    for (const [name, which] of COUNTS) {
      const told = [own, theirs].map((families) => sumOf(families, name, which))
      assert.equal(told[0], told[1], `${name} ${JSON.stringify(which)}`)
    }
    const to = { labels: { to: upstream.place, proxy_name: 'forward', rcode: 'NOERROR' }, ending: '_count' }
    assert.deepEqual(
      [own, theirs].map((families) => sumOf(families, 'coredns_proxy_request_duration_seconds', to)),
      [3, 3],
    )
  })
})

test('the names of CoreDNS come and go by a reload, and what was counted meanwhile is not lost', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await NameServer.start({ address: '192.0.2.1' })
  const forward = { upstreams: [upstream.place] }
  await using resolver = await resolverWith(folder, { forward })
  assert.deepEqual([...(await ours(resolver)).keys()], [])
  await reloadWith(resolver, folder, { forward, metrics: { corednsNames: true } })
  await ask(resolver)
  assert.equal(sumOf(await ours(resolver), 'coredns_dns_requests_total'), 4)
  await reloadWith(resolver, folder, { forward })
  assert.deepEqual([...(await ours(resolver)).keys()], [])
  await reloadWith(resolver, folder, { forward, metrics: { corednsNames: true } })
  assert.equal(sumOf(await ours(resolver), 'coredns_dns_requests_total'), 4)
})
