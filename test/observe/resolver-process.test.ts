import assert from 'node:assert/strict'
import { test } from 'node:test'
import manifest from '../../package.json' with { type: 'json' }
import { answerOf, ask, questionPacket } from '../helpers/asked.ts'
import { askTcp, TcpClient, UdpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { loopbackUpstream } from '../helpers/loopback-upstream.ts'
import { service, slice } from '../helpers/objects.ts'
import { type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { type Family, parsePrometheusText } from './prometheus-text.ts'

// What an operator sees of a resolver that runs as a process: its pages, its log, its end.

const FED = 'web.shop.fleet.svc.cluster.local'
const ANSWER = ['NOERROR', `${FED}. CNAME web.shop.svc.cluster.local.`, 'web.shop.svc.cluster.local. A 10.0.0.1']

async function resolverIn(folder: TemporaryFolder, more: object = {}): Promise<RunningResolver> {
  const items = [service('web.shop'), slice('web.shop')]
  await folder.write('cluster/web.json', { apiVersion: 'v1', kind: 'List', items })
  const config = await folder.write('config.yaml', {
    federations: { fleet: 'example.com' },
    listen: ['127.0.0.1:0'],
    source: { manifests: [folder.file('cluster')] },
    forward: { upstreams: ['127.0.0.1:9'] },
    http: { listen: '127.0.0.1:0' },
    lameDuck: '0s',
    ...more,
  })
  return startResolver({ config, flags: ['--log-level', 'debug'] })
}

const serverOf = ({ port }: RunningResolver) => ({ host: '127.0.0.1', port })

async function page({ httpUrl }: RunningResolver, path: string): Promise<[number, string]> {
  const response = await fetch(httpUrl + path)
  return [response.status, await response.text()]
}

const metricsOf = async (resolver: RunningResolver) => parsePrometheusText((await page(resolver, '/metrics'))[1])

const sumOf = (metrics: Map<string, Family>, name: string): number =>
  [...(metrics.get(name)?.samples.values() ?? [])].reduce((sum, value) => sum + value, 0)

test('a running resolver is healthy and ready', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await resolverIn(folder)
  assert.deepEqual(await page(resolver, '/healthz'), [200, 'ok\n'])
  assert.deepEqual(await page(resolver, '/readyz'), [200, 'ok\n'])
})

test('metrics can be read by Prometheus, before any query and after', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await resolverIn(folder)
  const before = await metricsOf(resolver)
  assert.equal(sumOf(before, 'feddns_requests_total'), 0)
  for (const question of [`${FED} A`, `${FED} A`, `${FED} AAAA`, 'www.example A', 'www.example TXT'])
    await ask(serverOf(resolver), question)
  await askTcp(serverOf(resolver), questionPacket(`${FED} SRV`))
  const after = await metricsOf(resolver)
  assert.deepEqual([...after.keys()], [...before.keys()])
  assert.deepEqual(Object.fromEntries(after.get('feddns_requests_total')?.samples ?? []), {
    'feddns_requests_total{protocol="udp",type="A"}': 3,
    'feddns_requests_total{protocol="udp",type="AAAA"}': 1,
    'feddns_requests_total{protocol="udp",type="TXT"}': 1,
    'feddns_requests_total{protocol="tcp",type="SRV"}': 1,
  })
  assert.equal(sumOf(after, 'feddns_responses_total'), 6)
  assert.equal(sumOf(after, 'feddns_image_hits_total'), 1)
  assert.equal(after.get('feddns_responses_total')?.samples.get('feddns_responses_total{rcode="SERVFAIL"}'), 2)
  assert.ok(sumOf(after, 'feddns_upstream_failures_total') > 0)
  assert.equal(after.get('feddns_cluster_objects')?.samples.get('feddns_cluster_objects{kind="Service"}'), 1)
  assert.equal(after.get('feddns_cluster_synced')?.samples.get('feddns_cluster_synced'), 1)
  assert.match([...(after.get('feddns_build_info')?.samples.keys() ?? [])].join(), new RegExp(`"${manifest.version}"`))
})

test('every metric is named by the program, has words for a person, and its labels cannot be made by clients', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await resolverIn(folder)
  const odd = [1, 2, 3, 99, 300, 4000, 65_000].map((type) => {
    const query = questionPacket(`${FED} A`)
    query.writeUInt16BE(type, query.length - 4)
    return query
  })
  for (const query of odd) await askTcp(serverOf(resolver), query)
  const metrics = await metricsOf(resolver)
  for (const [name, { help }] of metrics) {
    assert.match(name, /^(feddns|process)_[a-z_]+$/)
    assert.ok(help.length > 10, `${name}: ${help}`)
  }
  const series = [...(metrics.get('feddns_requests_total')?.samples.keys() ?? [])]
  assert.ok(series.length < odd.length && series.some((name) => name.includes('"other"')), series.join())
})

test('every line of the log is JSON with a time, a level and a message; nothing goes to standard error', async () => {
  await using folder = await temporaryFolder()
  const resolver = await resolverIn(folder)
  await ask(serverOf(resolver), 'www.example A')
  await folder.write('cluster/bad.yaml', '? [a, b]\n: c\n')
  await resolver.logged(({ msg }) => msg === 'manifest not used as it stands')
  await resolver.stop()
  assert.deepEqual([resolver.notJson, resolver.stderr], [[], ''])
  assert.ok(resolver.log.some(({ level, msg }) => level === 'warn' && msg === 'upstream failed'))
  for (const { time, level, msg } of resolver.log) {
    assert.ok(['debug', 'info', 'warn', 'error'].includes(level))
    assert.ok(Date.parse(time) > 0 && msg.length > 0)
  }
})

test('after SIGTERM it is unready at once, answers for the lame-duck time, and ends with 0', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await resolverIn(folder, { lameDuck: '3s' })
  await using connection = await TcpClient.open(serverOf(resolver))
  await resolver.loggedAfter(
    () => resolver.signal('SIGTERM'),
    ({ msg }) => msg === 'stopping',
  )
  assert.deepEqual(await page(resolver, '/readyz'), [503, 'not ready: stopping\n'])
  assert.deepEqual(await page(resolver, '/healthz'), [200, 'ok\n'])
  assert.deepEqual(await ask(serverOf(resolver), `${FED} A`), ANSWER)
  assert.deepEqual(answerOf(await connection.ask(questionPacket(`${FED} A`))), ANSWER)
  assert.deepEqual(await resolver.exited, { code: 0, signal: null })
  assert.deepEqual(
    resolver.log.slice(-2).map(({ msg }) => msg),
    ['stopping', 'stopped'],
  )
  await connection.ended
})

test('SIGINT does not wait for the lame-duck time', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await resolverIn(folder, { lameDuck: '5m' })
  resolver.signal('SIGINT')
  assert.deepEqual(await resolver.exited, { code: 0, signal: null })
})

test('a second signal ends it at once', async () => {
  await using folder = await temporaryFolder()
  await using resolver = await resolverIn(folder, { lameDuck: '5m' })
  await resolver.loggedAfter(
    () => resolver.signal('SIGTERM'),
    ({ msg }) => msg === 'stopping',
  )
  resolver.signal('SIGTERM')
  assert.deepEqual(await resolver.exited, { code: 130, signal: null })
})

test('queries that are under way when it stops are still answered', async () => {
  await using folder = await temporaryFolder()
  await using silent = await loopbackUpstream(() => [])
  const forward = { upstreams: [`127.0.0.1:${silent.port}`] }
  await using resolver = await resolverIn(folder, { forward })
  await using udp = await UdpClient.open(serverOf(resolver))
  await using tcp = await TcpClient.open(serverOf(resolver))
  udp.send(questionPacket('udp.example A'))
  tcp.send(questionPacket('tcp.example A'))
  await eventually(() =>
    assert.ok(
      ['udp', 'tcp'].every((label) => silent.asked.some(({ query }) => query.toString('latin1', 13, 16) === label)),
    ),
  )
  resolver.signal('SIGTERM')
  assert.deepEqual(answerOf((await udp.next()).octets), ['SERVFAIL'])
  assert.deepEqual(answerOf(await tcp.next()), ['SERVFAIL'])
  tcp.halfClose()
  assert.deepEqual(await resolver.exited, { code: 0, signal: null })
})
