import { readSnapshot, type Snapshot, type SnapshotIdentity, writeSnapshot } from '../../lib/kubernetes/snapshot.ts'
import type { Health } from '../../lib/cluster/health.ts'
import type { ClusterObject, Service } from '../../lib/cluster/objects.ts'

export const IDENTITY: SnapshotIdentity = { cluster: 'here', node: 'n1', scope: 'all' }
export const AS_OF_MS = 1_700_000_000_000
export const TRUST = { uid: process.getuid?.() ?? 0, oldestMs: AS_OF_MS - 1000 }

/** What is in a snapshot, so that two can be compared. */
export interface Content {
  readonly asOfMs: number
  readonly objects: readonly ClusterObject[]
  readonly healths: readonly (readonly [string, Health])[]
}

export const serviceObject = (name: string, clusterIP = '10.0.0.1'): Service => ({
  kind: 'Service',
  namespace: 'shop',
  name,
  type: 'ClusterIP',
  clusterIPs: [clusterIP],
  externalName: '',
  ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  publishNotReadyAddresses: false,
  health: {},
})

export const SMALL: Content = {
  asOfMs: AS_OF_MS,
  objects: [serviceObject('web')],
  healths: [['shop/web', { healthy: true, wasHealthy: true }]],
}

export const contentOf = ({ asOfMs, objects, healths }: Snapshot): Content => ({
  asOfMs,
  objects: [...objects],
  healths: [...healths],
})

export const write = (path: string, snapshot: Snapshot = SMALL, identity = IDENTITY): Promise<number> =>
  writeSnapshot(path, identity, snapshot)

/** What is read; undefined if there is none. */
export async function read(path: string, identity = IDENTITY, trust = TRUST): Promise<Content | undefined> {
  const snapshot = await readSnapshot(path, identity, trust)
  return snapshot && contentOf(snapshot)
}
