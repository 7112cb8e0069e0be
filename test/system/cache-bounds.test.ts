import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import { TYPE } from '../../lib/dns/constants.ts'
import { UdpClient } from '../helpers/dns-client.ts'
import { loopbackUpstream } from '../helpers/loopback-upstream.ts'
import { headerOf, queryPacket } from '../helpers/packets.ts'
import { type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { parsePrometheusText } from '../observe/prometheus-text.ts'

const HOST = '127.0.0.1'
const AT_ONCE = 50
const LEAST_IMAGES = 1024
const MIB = 1024 * 1024

/** Whatever is asked for has a text of so many octets, which holds for an hour. */
const upstreamOf = (octets: number) =>
  loopbackUpstream((query) => {
    const { id = 0, questions = [] } = packet.decode(query)
    const answers = questions.map(({ name }) => ({ type: 'TXT' as const, name, ttl: 3600, data: 'x'.repeat(octets) }))
    return [packet.encode({ type: 'response', id, flags: packet.RECURSION_AVAILABLE, questions, answers })]
  })

async function started(folder: TemporaryFolder, upstreamPort: number, cache: object): Promise<RunningResolver> {
  const manifests = await folder.write('cluster.json', { apiVersion: 'v1', kind: 'List', items: [] })
  const config = {
    listen: [`${HOST}:0`],
    http: { listen: `${HOST}:0` },
    source: { manifests: [manifests] },
    forward: { upstreams: [`${HOST}:${upstreamPort}`] },
    cache,
    lameDuck: '0s',
  }
  return startResolver({ config: await folder.write('config.yaml', config) })
}

async function askForTexts(client: UdpClient, names: readonly string[]): Promise<void> {
  for (const [id, name] of names.entries()) client.send(queryPacket(name, { id, type: TYPE.TXT }))
  for (const _ of names) {
    const { rcode, counts } = headerOf((await client.next()).octets)
    assert.deepEqual([rcode, counts[1]], [0, 1])
  }
}

async function metricsOf({ httpUrl }: RunningResolver): Promise<(name: string) => number> {
  const families = parsePrometheusText(await (await fetch(`${httpUrl}/metrics`)).text())
  const samples = new Map([...families.values()].flatMap(({ samples }) => [...samples]))
  return (name) => samples.get(name) ?? Number.NaN
}

const cases: readonly (readonly [string, { cache: object; octets: number; maxEntries: number; maxBytes: number }])[] = [
  ['entries', { cache: { entries: 100, memory: '20Mi' }, octets: 20, maxEntries: 100, maxBytes: 20 * MIB }],
  ['bytes', { cache: { entries: 10_000, memory: '1Mi' }, octets: 250, maxEntries: 10_000, maxBytes: MIB }],
]

for (const [what, { cache, octets, maxEntries, maxBytes }] of cases) {
  test(`no flood of distinct names takes the caches over their bound of ${what}`, async () => {
    await using folder = await temporaryFolder()
    await using upstream = await upstreamOf(octets)
    await using resolver = await started(folder, upstream.port, cache)
    await using client = await UdpClient.open({ host: HOST, port: resolver.port })
    for (let from = 0; from < 2000; from += AT_ONCE) {
      await askForTexts(
        client,
        Array.from({ length: AT_ONCE }, (_, i) => `n${from + i}.flood.example`),
      )
      const of = await metricsOf(resolver)
      assert.ok(of('feddns_cache_entries') <= maxEntries, `${of('feddns_cache_entries')} messages`)
      assert.ok(of('feddns_cache_bytes') <= maxBytes, `${of('feddns_cache_bytes')} bytes of messages`)
      const maxImages = Math.max(LEAST_IMAGES, maxEntries)
      assert.ok(of('feddns_images') <= maxImages, `${of('feddns_images')} images`)
    }
    const of = await metricsOf(resolver)
    // The bound was reached, and what was in the cache is counted to the last.
    assert.equal(of('feddns_cache_entries') + of('feddns_cache_evictions_total'), 2000)
    assert.ok(of('feddns_cache_evictions_total') > 0)
  })
}

test('a name that was asked for twice before a flood is still answered after it, without asking upstream', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await upstreamOf(20)
  await using resolver = await started(folder, upstream.port, { entries: LEAST_IMAGES })
  await using client = await UdpClient.open({ host: HOST, port: resolver.port })
  const used = Array.from({ length: AT_ONCE }, (_, i) => `n${i}.used.example`)
  for (let turn = 0; turn < 2; turn++) await askForTexts(client, used)
  for (let from = 0; from < 3 * LEAST_IMAGES; from += AT_ONCE) {
    await askForTexts(
      client,
      Array.from({ length: AT_ONCE }, (_, i) => `n${from + i}.flood.example`),
    )
  }
  const before = upstream.asked.length
  await askForTexts(client, used)
  assert.equal(upstream.asked.length, before)
})
