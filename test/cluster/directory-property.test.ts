import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Generations } from '../../lib/base/generations.ts'
import { Directory, serviceSlot } from '../../lib/cluster/directory.ts'
import type { ClusterObject } from '../../lib/cluster/objects.ts'
import type { Shard } from '../../lib/cluster/shard.ts'
import { type KubernetesObject, service, slice } from '../helpers/objects.ts'
import { MovedClock } from '../helpers/moved-clock.ts'
import { slimmed } from './slimmed.ts'

const NAMES = ['web', 'db', 'api']

const pods = fc.uniqueArray(fc.constantFrom('10.1.0.1', '!10.1.0.2', '10.1.0.3', '10.1.0.4'), { maxLength: 3 })
const services = fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 3 })
const slices = fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom('a', 'b'), pods), {
  maxLength: 5,
  selector: ([name, suffix]) => `${name} ${suffix}`,
})
const ip = fc.constantFrom('10.0.0.1', '10.0.0.2', 'None')

/** One state of a small cluster. */
const cluster: fc.Arbitrary<ClusterObject[]> = fc.tuple(services, ip, slices).map(([names, clusterIP, all]) => {
  const objects: KubernetesObject[] = names.map((name) => service(`${name}.shop`, clusterIP))
  objects.push(...all.map(([name, suffix, addresses]) => slice(`${name}.shop`, addresses, { suffix })))
  return objects.flatMap((object) => slimmed(object).kept ?? [])
})

const emptyDirectory = (generations = new Generations()) =>
  new Directory({ clock: new MovedClock(), generations, health: { minReady: 2, leaveAfterMs: 0, returnAfterMs: 0 } })

/** All that can be asked of a directory; the order of endpoints means nothing. */
const viewOf = (directory: Directory) =>
  NAMES.map((name) => {
    const shard = directory.shard('shop', name)
    return shard && { ...sorted(shard), healthy: directory.isHealthy(shard) }
  })

const sorted = (shard: Shard) => ({
  ...shard,
  ready: shard.ready.toSorted((a, b) => a.address.localeCompare(b.address)),
})

test('after any states before it, a state is seen as if it had been the first', () => {
  fc.assert(
    fc.property(fc.array(cluster, { minLength: 1, maxLength: 6 }), (states) => {
      const lived = emptyDirectory()
      for (const state of states) lived.replace(state)
      const fresh = emptyDirectory()
      fresh.replace(states.at(-1) ?? [])
      assert.deepEqual(viewOf(lived), viewOf(fresh))
      assert.deepEqual(lived.counts, fresh.counts)
    }),
    { numRuns: 300 },
  )
})

test('as long as the generation of a Service stands, so does all that was seen of it', () => {
  fc.assert(
    fc.property(fc.array(cluster, { minLength: 2, maxLength: 6 }), (states) => {
      const generations = new Generations()
      const directory = emptyDirectory(generations)
      for (const state of states) {
        const before = viewOf(directory)
        const evidence = NAMES.map((name) => directory.evidence([serviceSlot('shop', name)]))
        directory.replace(state)
        const now = viewOf(directory)
        for (const [i, seen] of evidence.entries()) {
          if (generations.holds(seen)) assert.deepEqual(now[i], before[i])
        }
      }
    }),
    { numRuns: 300 },
  )
})
