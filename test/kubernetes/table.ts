import { Generations } from '../../lib/base/generations.ts'
import { Directory } from '../../lib/cluster/directory.ts'
import { addressesOf } from '../../lib/cluster/shard.ts'
import { SLIMMERS } from '../../lib/cluster/slim.ts'
import type { FakeApiServer } from '../helpers/fake-api-server.ts'
import { MovedClock } from '../helpers/moved-clock.ts'

/** What a user of a resolver would see that knew all that a server holds; read in another way than by the code under test. */
export async function heldBy(server: FakeApiServer): Promise<Record<string, string>> {
  const directory = newDirectory(new MovedClock())
  const paths = {
    Service: '/api/v1/services',
    EndpointSlice: '/apis/discovery.k8s.io/v1/endpointslices',
    Node: '/api/v1/nodes',
  }
  const objects = []
  for (const [kind, path] of Object.entries(paths)) {
    const response = await fetch(`${server.url}${path}`, { headers: { connection: 'close' } })
    const { items } = (await response.json()) as { items: unknown[] }
    objects.push(...items.flatMap((item) => SLIMMERS[kind as keyof typeof paths](item, () => {}) ?? []))
  }
  directory.replace(objects)
  await directory.settled
  return tableOf(directory)
}

/** Without holds: a Service is healthy as soon as a pod of it is ready. */
export const newDirectory = (clock: MovedClock): Directory =>
  new Directory({ clock, generations: new Generations(), health: { minReady: 1, leaveAfterMs: 0, returnAfterMs: 0 } })

/** What a user would see: of each Service whether it is up, its addresses and what is behind it; and where a node is. */
export function tableOf(directory: Directory): Record<string, string> {
  const rows = [...directory.objects()].flatMap((object): [string, string][] => {
    if (object.kind === 'Node') return [[`node ${object.name}`, Object.values(object.labels).join('.')]]
    if (object.kind === 'EndpointSlice') return []
    const shard = directory.shard(object.namespace, object.name)
    if (shard === undefined) return []
    const health = directory.isHealthy(shard) ? 'up' : 'down'
    const addresses = [...addressesOf(shard, 'IPv4'), ...addressesOf(shard, 'IPv6')]
    const behind = shard.ready.map(({ address }) => address).sort()
    return [[`${object.name}.${object.namespace}`, [health, ...addresses, 'by', ...behind].join(' ')]]
  })
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)))
}
