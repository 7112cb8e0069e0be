import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { answerOf, questionPacket } from '../helpers/asked.ts'
import { askUdp, TcpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { MountedVolume } from '../helpers/mounted-volume.ts'
import { service, slice } from '../helpers/objects.ts'
import { type LogLine, portOf, type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import { type TemporaryFolder, temporaryFolder } from '../helpers/temporary-folder.ts'
import { CertificateAuthority } from '../kubernetes/certificate-authority.ts'
import { parsePrometheusText } from '../observe/prometheus-text.ts'
import { debianProgram } from '../peers/debian.ts'
import { missing } from '../peers/missing.ts'

const HOST = '127.0.0.1'
const FED = 'web.shop.fleet.svc.cluster.local'
const ANSWER = ['NOERROR', `${FED}. CNAME web.shop.svc.cluster.local.`, 'web.shop.svc.cluster.local. A 10.0.0.1']
const PIPELINED = 500

const isReloaded = ({ msg }: LogLine): boolean => msg === 'configuration reloaded'
const isRefused = ({ msg }: LogLine): boolean => msg === 'configuration refused, the one before stays'

const run = promisify(execFile)
const authority = new CertificateAuthority()

/** A certificate and its key, as the Secret of a Kubernetes TLS certificate has them. */
function secret(keyOf?: Readonly<Record<string, string>>): Record<string, string> {
  const { cert, key } = authority.issue('dns.test', ['dns.test'])
  return { 'tls.crt': cert, 'tls.key': keyOf?.['tls.key'] ?? key }
}

interface Started extends AsyncDisposable {
  readonly folder: TemporaryFolder
  readonly volume: MountedVolume
  readonly resolver: RunningResolver
  readonly config: object
}

async function started(): Promise<Started> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const volume = new MountedVolume(folder.file('tls'))
  await volume.swap(secret())
  const items = [service('web.shop'), slice('web.shop')]
  const config = {
    listen: [`${HOST}:0`, `tls://${HOST}:0`],
    tls: { certificate: folder.file('tls/tls.crt'), key: folder.file('tls/tls.key') },
    federations: { fleet: 'example.com' },
    source: { manifests: [await folder.write('cluster.json', { apiVersion: 'v1', kind: 'List', items })] },
    forward: { upstreams: [] },
    http: { listen: `${HOST}:0` },
    lameDuck: '0s',
  }
  const resolver = stack.use(await startResolver({ config: await folder.write('config.yaml', config) }))
  const parts = stack.move()
  return { folder, volume, resolver, config, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

const tlsPort = ({ addresses }: RunningResolver): number => portOf(addresses[1])

const connected = (resolver: RunningResolver): Promise<TcpClient> =>
  TcpClient.openTls({ host: HOST, port: tlsPort(resolver) }, { ca: authority.pem, servername: 'dns.test' })

const serialOf = ({ socket }: TcpClient): string => (socket as TLSSocket).getPeerCertificate().serialNumber

const asks = async (client: TcpClient): Promise<string[]> => answerOf(await client.ask(questionPacket(`${FED} A`)))

const skip = missing('kdig') ?? false

test('kdig asks over TLS and believes the certificate, several times on one connection', { skip }, async () => {
  await using all = await started()
  const ca = await all.folder.write('ca.pem', authority.pem)
  const server = [`@${HOST}`, '-p', String(tlsPort(all.resolver)), '+tls', `+tls-ca=${ca}`, '+tls-hostname=dns.test']
  const { stdout } = await run(debianProgram('kdig'), [...server, '+keepopen', FED, 'A', FED, 'AAAA', FED, 'A'])
  assert.match(stdout, /TLS1\.3/)
  assert.equal(stdout.match(/status: NOERROR/g)?.length, 3, stdout)
  assert.equal(stdout.match(/A\s+10\.0\.0\.1/g)?.length, 2, stdout)
  const wrong = [...server.slice(0, -1), '+tls-hostname=other.test', FED]
  await assert.rejects(run(debianProgram('kdig'), wrong), 'for another name it is not believed')
})

test('a certificate that is exchanged is shown from then on, and no connection is dropped; a wrong one is not taken', async () => {
  await using all = await started()
  const { resolver, volume } = all
  assert.match(resolver.addresses[1] ?? '', /^tls:\/\/127\.0\.0\.1:\d+$/)
  await using first = await connected(resolver)
  assert.deepEqual(await asks(first), ANSWER)
  const next = secret()
  await resolver.loggedAfter(() => volume.swap(next), isReloaded)
  await using second = await connected(resolver)
  assert.notEqual(serialOf(second), serialOf(first))
  // The key of another one.
  const refused = await resolver.loggedAfter(() => volume.swap(secret(next)), isRefused)
  assert.match(String(refused['problem']), /^tls\.key: .*does not belong to the/)
  await using third = await connected(resolver)
  assert.equal(serialOf(third), serialOf(second))
  await resolver.loggedAfter(() => volume.swap(secret()), isReloaded)
  await using fourth = await connected(resolver)
  assert.notEqual(serialOf(fourth), serialOf(third))
  for (const client of [first, second, third, fourth]) assert.deepEqual(await asks(client), ANSWER)
  const text = await (await fetch(`${resolver.httpUrl}/metrics`)).text()
  const samples = new Map([...parsePrometheusText(text).values()].flatMap(({ samples }) => [...samples]))
  assert.equal(samples.get('feddns_connections{protocol="tls"}'), 4)
  assert.equal(samples.get('feddns_tls_handshakes_total{outcome="full"}'), 4)
  const expiry = samples.get('feddns_tls_certificate_expiry_timestamp_seconds')
  assert.equal(expiry, Date.parse('2049-12-31T23:59:59Z') / 1000)
})

test('a reload of all else leaves connections as they are; without the address they end', async () => {
  await using all = await started()
  const { resolver, folder, config } = all
  await using client = await connected(resolver)
  const other = { ...config, answers: { ttl: '9s' } }
  await resolver.loggedAfter(() => folder.replace('config.yaml', other), isReloaded)
  assert.deepEqual(await asks(client), ANSWER)
  const without = { ...config, listen: [`${HOST}:0`] }
  await resolver.loggedAfter(() => folder.replace('config.yaml', without), isReloaded)
  await client.ended
  assert.deepEqual(resolver.addresses.length, 1)
})

for (const protocol of ['tcp', 'tls'] as const) {
  test(`a stop amid a pipeline over ${protocol} loses no reply, and ends the connection`, async () => {
    await using all = await started()
    const { resolver } = all
    await using client =
      protocol === 'tls' ? await connected(resolver) : await TcpClient.open({ host: HOST, port: resolver.port })
    await asks(client)
    const query = questionPacket(`${FED} A`)
    client.send(...Array.from({ length: PIPELINED }, () => query))
    await client.next()
    resolver.signal('SIGTERM')
    const replies = await client.take(PIPELINED - 1)
    assert.deepEqual(answerOf(replies.at(-1)!), ANSWER)
    await client.ended
    assert.equal(client.socket.errored, null)
    assert.deepEqual(await resolver.exited, { code: 0, signal: null })
  })
}

test('with few descriptors connections fail, and all else goes on without spinning', async () => {
  await using folder = await temporaryFolder()
  const items = [service('web.shop'), slice('web.shop')]
  const config = await folder.write('config.yaml', {
    listen: [`${HOST}:0`],
    federations: { fleet: 'example.com' },
    source: { manifests: [await folder.write('cluster.json', { apiVersion: 'v1', kind: 'List', items })] },
    forward: { upstreams: [] },
    lameDuck: '0s',
  })
  const limited = ['sh', '-c', 'ulimit -n 60; exec "$@"', 'sh', process.execPath, 'cmd/feddns.ts']
  await using resolver = await startResolver({ config, command: limited })
  const server = { host: HOST, port: resolver.port }
  const clients = await Promise.all(Array.from({ length: 90 }, (_, i) => TcpClient.open(server, `127.0.1.${1 + i}`)))
  const cpuBefore = cpuSecondsOf(resolver.pid)
  for (let i = 0; i < 20; i++) assert.deepEqual(answerOf(await askUdp(server, questionPacket(`${FED} A`))), ANSWER)
  await new Promise((resolve) => void setTimeout(resolve, 1000))
  assert.ok(cpuSecondsOf(resolver.pid) - cpuBefore < 0.5, 'it spins')
  for (const client of clients) await client[Symbol.asyncDispose]()
  // Descriptors are free again.
  await eventually(async () => {
    await using client = await TcpClient.open(server)
    assert.deepEqual(await asks(client), ANSWER)
  })
})

function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
