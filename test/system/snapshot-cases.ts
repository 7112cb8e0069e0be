import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import packet from 'dns-packet'
import type { Health } from '../../lib/cluster/health.ts'
import { TYPE } from '../../lib/dns/constants.ts'
import { readSnapshot, type SnapshotIdentity, writeSnapshot } from '../../lib/kubernetes/snapshot.ts'
import { answerOf } from '../helpers/asked.ts'
import { askUdp } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { type FakeApiServer, startFakeApiServer } from '../helpers/fake-api-server.ts'
import { node, service, slice } from '../helpers/objects.ts'
import { queryPacket } from '../helpers/packets.ts'
import { type LogLine, type RunningResolver, startResolver } from '../helpers/running-resolver.ts'
import type { TemporaryFolder } from '../helpers/temporary-folder.ts'
import { lineOf } from '../helpers/zone-line.ts'

export const HOST = '127.0.0.1'
export const STALE = 3
export const NOT_READY = 14
/** Longer than any test. */
export const NEVER = '1h'
const EDE_OPTION = 15

export const fed = (name: string): string => `${name}.shop.fleet.svc.cluster.local`
export const local = (name: string, address: string): string[] => [
  `${fed(name)}. CNAME ${name}.shop.svc.cluster.local.`,
  `${name}.shop.svc.cluster.local. A ${address}`,
]
export const elsewhere = (name: string): string[] => [`${fed(name)}. CNAME ${name}.shop.fleet.svc.z.example.com.`]

export interface Settings {
  readonly snapshot?: object | undefined
  readonly kubernetes?: object
  readonly grace?: string
  readonly [key: string]: unknown
}

/** Runs a resolver that asks this server; where it keeps its snapshot is the same for all of a folder. */
export async function resolverOf(
  folder: TemporaryFolder,
  { url }: { readonly url: string },
  { snapshot, kubernetes, grace = NEVER, ...more }: Settings = {},
): Promise<RunningResolver> {
  const kubeconfig = await folder.write('kubeconfig', {
    clusters: [{ name: 'here', cluster: { server: url } }],
    users: [{ name: 'tester', user: { token: 'one' } }],
    contexts: [{ name: 'test', context: { cluster: 'here', user: 'tester' } }],
    'current-context': 'test',
  })
  const kept = { snapshot: { path: folder.file('snapshot'), ...snapshot } }
  const config = await folder.write('config.yaml', {
    federations: { fleet: 'example.com' },
    answers: { ttl: '7s', redirectTtl: '30s' },
    listen: [`${HOST}:0`],
    source: { kubernetes: { kubeconfig, ...kept, ...kubernetes }, grace },
    forward: { upstreams: [] },
    http: { listen: `${HOST}:0` },
    lameDuck: '0s',
    ...more,
  })
  return startResolver({ config, env: { NODE_NAME: 'n1' } })
}

export const isKnown = ({ msg }: LogLine): boolean => msg === 'the cluster is known, and watched'
export const isOfSnapshot = ({ msg }: LogLine): boolean => msg === 'answers are of a snapshot'
export const isNotUsed = ({ msg }: LogLine): boolean => msg === 'snapshot not used'

export const serverOf = ({ port }: RunningResolver) => ({ host: HOST, port })

interface Reply {
  readonly rcode: string
  readonly answer: readonly string[]
  readonly ttls: readonly number[]
  readonly ede: readonly number[]
}

export async function ask(resolver: RunningResolver, question: string): Promise<Reply> {
  const [name = '', type = 'A'] = question.split(' ')
  const octets = await askUdp(
    serverOf(resolver),
    queryPacket(name, { type: TYPE[type as keyof typeof TYPE], edns: {} }),
  )
  const { answers = [], additionals = [] } = packet.decode(octets)
  const [rcode = '', ...answer] = answerOf(octets)
  const ttls = answers.map((record) => Number(lineOf(record).split(' ')[1]))
  const options = additionals.flatMap((record) => (record.type === 'OPT' ? record.options : []))
  const ede = options.flatMap((option) =>
    (option.code as number) === EDE_OPTION && 'data' in option && option.data ? [option.data.readUInt16BE(0)] : [],
  )
  return { rcode, answer, ttls, ede }
}

export const answerTo = async (resolver: RunningResolver, question: string) => (await ask(resolver, question)).answer

export const readiness = async ({ httpUrl }: RunningResolver): Promise<number> =>
  (await fetch(`${httpUrl}/readyz`)).status

/** A server with a node, a Service with a pod, and one without. */
export async function clusterWith(...more: object[]): Promise<FakeApiServer> {
  const server = await startFakeApiServer()
  const objects = [
    node('n1', 'z.r'),
    service('web.shop', '10.0.0.1'),
    slice('web.shop'),
    service('idle.shop', '10.0.0.2'),
  ]
  for (const object of [...objects, ...more]) server.apply(object)
  return server
}

/** Lets a resolver watch the cluster for a while, and end; its snapshot is what is left. */
export async function leaveSnapshot(folder: TemporaryFolder, server: FakeApiServer): Promise<void> {
  await using resolver = await resolverOf(folder, server)
  await resolver.logged(isKnown)
  server.apply(service('late.shop', '10.0.0.9'))
  server.apply(slice('late.shop'))
  await eventually(async () => assert.deepEqual(await answerTo(resolver, fed('late')), local('late', '10.0.0.9')))
  await resolver.stop()
  assert.ok(existsSync(folder.file('snapshot')))
}

/** Writes the snapshot again, as if what it says had been so at another time. */
export async function changeSnapshot(
  folder: TemporaryFolder,
  byMs: number,
  of?: Partial<SnapshotIdentity>,
): Promise<void> {
  const path = folder.file('snapshot')
  const [head = ''] = (await readFile(path, 'utf8')).split('\n')
  const [, , identity] = JSON.parse(head) as [string, number, SnapshotIdentity]
  const snapshot = await readSnapshot(path, identity, { uid: process.getuid?.() ?? 0, oldestMs: 0 })
  assert.ok(snapshot)
  const healths = [...snapshot.healths].map(([name, health]): [string, Health] => {
    const { contradictedSinceMs: since } = health
    return [name, since === undefined ? health : { ...health, contradictedSinceMs: since + byMs }]
  })
  await writeSnapshot(path, { ...identity, ...of }, { ...snapshot, asOfMs: snapshot.asOfMs + byMs, healths })
}
