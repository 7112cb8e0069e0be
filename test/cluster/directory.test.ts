import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Generations } from '../../lib/base/generations.ts'
import { Directory, serviceSlot, WORLD_SLOT } from '../../lib/cluster/directory.ts'
import type { HealthSettings } from '../../lib/cluster/health.ts'
import type { ClusterObject } from '../../lib/cluster/objects.ts'
import { externalName, type KubernetesObject, node, service, slice } from '../helpers/objects.ts'
import { MovedClock } from '../helpers/moved-clock.ts'
import { slimmed } from './slimmed.ts'

const NO_HOLDS: HealthSettings = { minReady: 1, leaveAfterMs: 0, returnAfterMs: 0 }

const slim = (objects: readonly KubernetesObject[]): ClusterObject[] => objects.flatMap((o) => slimmed(o).kept ?? [])

function world(health: Partial<HealthSettings> = {}, generations = new Generations()) {
  const clock = new MovedClock()
  const directory = new Directory({ clock, generations, health: { ...NO_HOLDS, ...health } })
  const replace = (...objects: readonly KubernetesObject[]) => directory.replace(slim(objects))
  const isHealthy = (name: string) => {
    const shard = directory.shard('shop', name)
    return shard !== undefined && directory.isHealthy(shard)
  }
  /** Which of these Services have a raised generation after `act`; `world` for what concerns all. */
  const raisedBy = (act: () => void, ...names: readonly string[]): string[] => {
    const evidence = names.map((name) => directory.evidence([serviceSlot('shop', name)]))
    const all = directory.evidence([WORLD_SLOT])
    act()
    const raised = names.filter((_, i) => !generations.holds(evidence[i] as (typeof evidence)[number]))
    return generations.holds(all) ? raised : ['world', ...raised]
  }
  return { clock, directory, generations, replace, isHealthy, raisedBy }
}

const WEB = [service('web.shop'), slice('web.shop', ['10.1.0.1', '10.1.0.2'])]
const DB = [service('db.shop', 'None'), slice('db.shop', ['10.2.0.1'])]

test('nothing is known before the first look, and nothing is absent', () => {
  const { directory, replace, raisedBy } = world()
  assert.equal(directory.synced, false)
  assert.deepEqual(
    raisedBy(() => replace()),
    ['world'],
  )
  assert.equal(directory.synced, true)
})

test('a Service is found by namespace and name, with its endpoints', () => {
  const { directory, replace } = world()
  replace(...WEB, ...DB, node('n1', 'z.r'))
  assert.equal(directory.shard('shop', 'web')?.readyPods, 2)
  assert.deepEqual(
    directory.shard('shop', 'db')?.ready.map(({ address }) => address),
    ['10.2.0.1'],
  )
  assert.equal(directory.shard('default', 'web'), undefined)
  assert.equal(directory.shard('shop', 'nothing'), undefined)
  assert.equal(directory.node('n1')?.labels['topology.kubernetes.io/zone'], 'z')
  assert.equal(directory.node('n2'), undefined)
  assert.deepEqual(directory.counts, { Service: 2, EndpointSlice: 2, Node: 1 })
})

test('a namespace is known as long as it has a Service', () => {
  const { directory, replace } = world()
  replace(service('web.shop'), slice('db.data'), externalName('www.shop-2', 'www.example'))
  const known = ['shop', 'shop-2', 'data', 'sho', ''].filter((name) => directory.hasNamespace(name))
  assert.deepEqual(known, ['shop', 'shop-2'])
  replace(slice('web.shop'))
  assert.equal(directory.hasNamespace('shop'), false)
})

test('objects may come in any order, and slices of no known Service wait for it', () => {
  const { directory, replace, isHealthy } = world()
  replace(...WEB.slice(1))
  assert.equal(directory.shard('shop', 'web'), undefined)
  assert.deepEqual(directory.counts, { Service: 0, EndpointSlice: 1, Node: 0 })
  replace(...WEB.toReversed())
  assert.equal(directory.shard('shop', 'web')?.readyPods, 2)
  assert.equal(isHealthy('web'), true)
})

test('what is not among the new objects is gone', () => {
  const { directory, replace } = world()
  replace(...WEB, ...DB, node('n1', 'z.r'))
  replace(...DB)
  assert.equal(directory.shard('shop', 'web'), undefined)
  assert.equal(directory.node('n1'), undefined)
  assert.deepEqual(directory.counts, { Service: 1, EndpointSlice: 1, Node: 0 })
})

test('an ExternalName has no pods and is healthy all the same', () => {
  const { replace, isHealthy } = world({ minReady: 3 })
  replace(externalName('web.shop', 'www.example'))
  assert.equal(isHealthy('web'), true)
})

test('the generation rises for what changed and for nothing else', () => {
  const { replace, raisedBy } = world()
  const raised = (...objects: readonly KubernetesObject[]) => raisedBy(() => replace(...objects), 'web', 'db', 'new')
  replace(...WEB, ...DB, node('n1', 'z.r'))
  assert.deepEqual(raised(...WEB, ...DB, node('n1', 'z.r')), [], 'nothing changed')
  assert.deepEqual(raised(...DB.toReversed(), node('n1', 'z.r'), ...WEB), [], 'another order')
  assert.deepEqual(raised(...WEB, ...DB, node('n1', 'y.r')), ['world'], 'a label of a node')
  assert.deepEqual(raised(...WEB, ...DB), ['world'], 'a node is gone')
  const labels = { app: 'x' }
  assert.deepEqual(raised(service('web.shop', '10.0.0.1', { labels }), ...WEB.slice(1), ...DB), [], 'a label of no use')
  assert.deepEqual(raised(...WEB, ...DB, slice('web.shop', ['10.1.0.3'], { suffix: 'b' })), ['web'], 'a new slice')
  assert.deepEqual(raised(...WEB, ...DB), ['web'], 'a slice is gone')
  const [web, webSlice] = WEB as [KubernetesObject, KubernetesObject]
  assert.deepEqual(raised(web, slice('web.shop', ['10.1.0.1', '!10.1.0.2']), ...DB), ['web'], 'a pod is not ready')
  assert.deepEqual(raised(service('web.shop', '10.0.0.9'), webSlice, ...DB), ['web'], 'another cluster IP')
  assert.deepEqual(raised(webSlice, ...DB), ['web'], 'a Service is gone')
  assert.deepEqual(raised(webSlice, ...DB, service('new.shop')), ['new'], 'a new Service')
})

test('a slice that is given to another Service changes both', () => {
  const { directory, replace, raisedBy } = world()
  const both = [service('web.shop'), service('db.shop')]
  const owned = (name: string) =>
    slice('web.shop', ['10.1.0.1'], { metadata: { labels: { 'kubernetes.io/service-name': name } } })
  replace(...both, owned('web'))
  assert.deepEqual(
    raisedBy(() => replace(...both, owned('db')), 'web', 'db'),
    ['web', 'db'],
  )
  assert.deepEqual([directory.shard('shop', 'web')?.readyPods, directory.shard('shop', 'db')?.readyPods], [0, 1])
})

test('a Service that stays is never absent or half made while others are replaced', () => {
  let look = () => {}
  class Watched extends Generations {
    override bump(slot: number): void {
      super.bump(slot)
      look()
    }
  }
  const { directory, replace } = world({}, new Watched())
  replace(...WEB, ...DB)
  let looks = 0
  look = () => {
    looks++
    assert.equal(directory.shard('shop', 'web')?.service.clusterIPs.length, 1)
    assert.ok([1, 2].includes(directory.shard('shop', 'web')?.readyPods ?? 0))
    assert.equal(directory.synced, true)
  }
  replace(service('web.shop', '10.0.0.9'), slice('web.shop', ['10.1.0.9'], { suffix: 'z' }), node('n1', 'z.r'))
  assert.ok(looks >= 3)
})

test('a hold ends by itself, and raises the generation then', () => {
  const { clock, replace, isHealthy, raisedBy } = world({ minReady: 2, leaveAfterMs: 10_000, returnAfterMs: 5000 })
  replace(...WEB)
  replace(service('web.shop'), slice('web.shop', ['10.1.0.1']))
  assert.deepEqual(
    raisedBy(() => clock.advance(9999), 'web'),
    [],
  )
  assert.equal(isHealthy('web'), true)
  assert.deepEqual(
    raisedBy(() => clock.advance(1), 'web'),
    ['web'],
  )
  assert.equal(isHealthy('web'), false)
  replace(...WEB)
  assert.equal(isHealthy('web'), false)
  assert.deepEqual(
    raisedBy(() => clock.advance(5000), 'web'),
    ['web'],
  )
  assert.equal(isHealthy('web'), true)
  assert.equal(clock.pending, 0)
})

test('a change during a hold neither prolongs nor forgets it', () => {
  const { clock, replace, isHealthy } = world({ minReady: 3, leaveAfterMs: 10_000 })
  const pods = (...addresses: readonly string[]) => replace(service('web.shop'), slice('web.shop', addresses))
  pods('10.1.0.1', '10.1.0.2', '10.1.0.3')
  pods('10.1.0.1', '10.1.0.2')
  clock.advance(6000)
  pods('10.1.0.1')
  clock.advance(3999)
  assert.equal(isHealthy('web'), true)
  clock.advance(1)
  assert.equal(isHealthy('web'), false)
})

test('annotations of a Service come before the settings, and count as soon as they change', () => {
  const { clock, replace, isHealthy } = world({ minReady: 2, leaveAfterMs: 10_000 })
  const one = slice('web.shop', ['10.1.0.1'])
  const annotated = (annotations: Record<string, string>) => service('web.shop', '10.0.0.1', { annotations })
  replace(...WEB)
  replace(service('web.shop'), one)
  replace(annotated({ 'feddns.io/leave-after': '2s' }), one)
  clock.advance(1999)
  assert.equal(isHealthy('web'), true)
  clock.advance(1)
  assert.equal(isHealthy('web'), false)
  replace(annotated({ 'feddns.io/min-ready': '1' }), one)
  assert.equal(isHealthy('web'), true)
})

test('a Service that is gone takes its hold with it, and begins anew when it comes back', () => {
  const { clock, replace, isHealthy } = world({ minReady: 2, leaveAfterMs: 10_000, returnAfterMs: 10_000 })
  const few = [service('web.shop'), slice('web.shop', ['10.1.0.1'])]
  replace(...WEB)
  replace(...few)
  assert.equal(clock.pending, 1)
  replace()
  assert.equal(clock.pending, 0)
  replace(...few)
  assert.equal(isHealthy('web'), false)
  replace(...WEB)
  assert.equal(isHealthy('web'), true)
})

test('no timer is left once the directory is closed', () => {
  const { clock, directory, replace } = world({ minReady: 2, leaveAfterMs: 10_000 })
  replace(...WEB)
  replace(service('web.shop'), slice('web.shop', ['10.1.0.1']))
  directory.close()
  assert.equal(clock.pending, 0)
})

test('a directory that takes over from another one knows what was healthy there, and holds on to it', () => {
  const clock = new MovedClock()
  const generations = new Generations()
  const parts = { clock, generations, health: { minReady: 2, leaveAfterMs: 30_000, returnAfterMs: 0 } }
  const isHealthy = (directory: Directory): boolean => {
    const shard = directory.shard('shop', 'web')
    return shard !== undefined && directory.isHealthy(shard)
  }
  const before = new Directory(parts)
  const objects = (...ips: string[]) => slim([service('web.shop'), slice('web.shop', ips)])
  before.replace(objects('10.1.0.1', '10.1.0.2'))
  const after = new Directory({ ...parts, healthBefore: (service) => before.health(service) })
  after.replace(objects('10.1.0.1'))
  assert.equal(isHealthy(after), true)
  clock.advance(30_000)
  assert.equal(isHealthy(after), false)
  const alone = new Directory(parts)
  alone.replace(objects('10.1.0.1'))
  assert.equal(isHealthy(alone), false)
})
