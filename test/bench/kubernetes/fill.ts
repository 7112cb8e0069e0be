import { type KubernetesObject, service, slice } from '../../helpers/objects.ts'
import type { RealCluster } from '../../helpers/real-cluster.ts'

const PARALLEL = 50

/** Creates objects, many at a time. */
export async function fill(cluster: RealCluster, objects: Iterable<KubernetesObject>): Promise<void> {
  const left = objects[Symbol.iterator]()
  const work = async () => {
    for (let next = left.next(); next.done !== true; next = left.next()) await cluster.create(next.value)
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
}

/** The cluster IP of Service `i`. */
export const clusterIp = (i: number): string => `10.96.${128 + Math.floor(i / 250)}.${1 + (i % 250)}`

/** The address of pod `k`. */
export const podIp = (k: number): string =>
  `10.${1 + Math.floor(k / 62_500)}.${Math.floor(k / 250) % 250}.${1 + (k % 250)}`

/** Endpoints as the controller of a cluster writes them, with what a resolver does not need. */
export const pods = (first: number, count: number): object[] =>
  Array.from({ length: count }, (_, i) => ({
    addresses: [podIp(first + i)],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${(first + i) % 500}`,
    zone: 'z1',
    targetRef: {
      kind: 'Pod',
      namespace: 'shop',
      name: `pod-${first + i}-7d4b9c6f5d-x2x9z`,
      uid: `5f0c9a52-8a3e-4d3c-9b1f-${String(first + i).padStart(12, '0')}`,
    },
  }))

/** Services `s0`, `s1` … of one namespace, each with one slice of so many pods. */
export function* services(count: number, endpointsEach: number): Iterable<KubernetesObject> {
  for (let i = 0; i < count; i++) {
    const name = `s${i}.shop`
    yield service(name, clusterIp(i), { labels: { app: `s${i}` } })
    yield slice(name, pods(i * endpointsEach, endpointsEach) as Readonly<Record<string, unknown>>[])
  }
}
