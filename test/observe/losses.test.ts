import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { UdpClient } from '../helpers/dns-client.ts'
import { FLAG } from '../../lib/dns/constants.ts'
import { eventually } from '../helpers/eventually.ts'
import { openFlood } from '../helpers/flood.ts'
import { headerOf, queryPacket } from '../helpers/packets.ts'
import { type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { parsePrometheusText } from './prometheus-text.ts'

// What an operator is told of queries that are not answered, and of limits of the system.

const QUERY = queryPacket('www.ads.example', { edns: {} })
const FLOOD = 16_000 // more than a receive buffer holds
const flood = await openFlood()
const NODE = [process.execPath, 'cmd/feddns.ts']

async function resolverIn(
  folder: TemporaryFolder,
  more: object = {},
  options: { readonly command?: readonly string[]; readonly flags?: readonly string[] } = {},
): Promise<RunningResolver> {
  const manifests = await folder.write('cluster.json', { apiVersion: 'v1', kind: 'List', items: [] })
  const config = await folder.write('config.yaml', {
    listen: ['127.0.0.1:0', '[::1]:0'],
    source: { manifests: [manifests] },
    forward: { upstreams: ['127.0.0.1:9'] },
    policy: { block: { 'ads.example': 'nxdomain' } },
    http: { listen: '127.0.0.1:0' },
    lameDuck: '0s',
    ...more,
  })
  return startResolver({ config, ...options })
}

async function metricsOf({ httpUrl }: RunningResolver): Promise<(sample: string) => number | undefined> {
  const families = parsePrometheusText(await (await fetch(`${httpUrl}/metrics`)).text())
  const samples = new Map([...families.values()].flatMap(({ samples }) => [...samples]))
  return (sample) => samples.get(sample)
}

for (const udp of ['auto', 'dgram']) {
  test(`${udp}: what the kernel drops while we stand still is told, by address (OPS-08)`, async () => {
    await using folder = await temporaryFolder()
    await using resolver = await resolverIn(folder, {}, { flags: ['--udp', udp] })
    const [first = '', second = ''] = resolver.addresses
    const drops = async (address: string) =>
      (await metricsOf(resolver))(`feddns_udp_kernel_drops_total{address="${address}"}`)
    assert.deepEqual([await drops(first), await drops(second)], [0, 0])
    await using client = await UdpClient.open({ host: '127.0.0.1', port: resolver.port })
    resolver.signal('SIGSTOP')
    flood({ host: '127.0.0.1', port: resolver.port }, FLOOD, () => QUERY)
    resolver.signal('SIGCONT')
    await eventually(async () => assert.ok(((await drops(first)) ?? 0) > 0))
    assert.equal(await drops(second), 0)
    // And it goes on.
    await eventually(() => {
      client.send(QUERY)
      assert.ok(client.waiting > 0)
    })
  })

  test(`${udp}: clients outside of the private networks get so many replies, and one in two after that asks for TCP`, async () => {
    await using folder = await temporaryFolder()
    const rateLimit = { responsesPerSecond: 10, exempt: ['127.0.1.0/24'] }
    await using resolver = await resolverIn(folder, { rateLimit }, { flags: ['--udp', udp] })
    const server = { host: '127.0.0.1', port: resolver.port }
    await using limited = await UdpClient.open(server, '127.0.2.1')
    await using exempt = await UdpClient.open(server, '127.0.1.1')
    for (let i = 0; i < 60; i++) {
      limited.send(QUERY)
      exempt.send(QUERY)
    }
    await eventually(() => assert.equal(exempt.waiting, 60))
    await eventually(async () => {
      const of = await metricsOf(resolver)
      const [dropped = 0, slipped = 0] = ['dropped', 'slipped'].map((what) => of(`feddns_rate_limit_${what}_total`))
      assert.ok(dropped > 0 && Math.abs(dropped - slipped) <= 1, `${dropped} dropped, ${slipped} slipped`)
      assert.equal(limited.waiting, 60 - dropped)
    })
    const truncated = []
    while (limited.waiting > 0) truncated.push((headerOf((await limited.next()).octets).flags & FLAG.TC) !== 0)
    assert.deepEqual(new Set(truncated), new Set([false, true]))
  })
}

test('the rate limit follows the configuration', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await resolverIn(folder, { rateLimit: { responsesPerSecond: 1, slip: 0, exempt: [] } })
  await using client = await UdpClient.open({ host: '127.0.0.1', port: resolver.port })
  for (let i = 0; i < 20; i++) client.send(QUERY)
  await eventually(async () => assert.ok(((await metricsOf(resolver))('feddns_rate_limit_dropped_total') ?? 0) > 0))
  const config = JSON.parse(await readFile(folder.file('config.yaml'), 'utf8')) as object
  await resolver.loggedAfter(
    () => folder.replace('config.yaml', { ...config, rateLimit: { responsesPerSecond: 0 } }),
    ({ msg }) => msg === 'configuration reloaded',
  )
  const before = client.waiting
  for (let i = 0; i < 20; i++) client.send(QUERY)
  await eventually(() => assert.equal(client.waiting, before + 20))
})

test('few file descriptors are told of at the start, with what to do; the metrics tell how many there are', async () => {
  await using folder = await temporaryFolder()
  const command = ['sh', '-c', 'ulimit -n 1024; exec "$@"', 'sh', ...NODE]
  await using resolver = await resolverIn(folder, {}, { command })
  const line = await resolver.logged(({ msg }) => msg.startsWith('few file descriptors'))
  assert.equal(line['files'], 1024)
  assert.match(String(line['remedy']), /^ulimit -n \d+$/)
  const of = await metricsOf(resolver)
  assert.equal(of('process_max_fds'), 1024)
  const open = of('process_open_fds') ?? 0
  assert.ok(open > 10 && open < 200, `${open} open`)
})

test('event loop and memory are told', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await resolverIn(folder)
  await eventually(async () => {
    const of = await metricsOf(resolver)
    assert.ok((of('feddns_event_loop_delay_seconds_count') ?? 0) > 2)
    assert.ok((of('feddns_event_loop_busy_seconds_total') ?? 0) > 0)
    assert.ok((of('process_heap_bytes') ?? 0) > 1e6)
  })
})
