import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressesOf, type Shard, shardOf } from '../../lib/cluster/shard.ts'
import { type KubernetesObject, service, slice } from '../helpers/objects.ts'
import { slimService, slimSlice } from './slimmed.ts'

const shard = (object: KubernetesObject, ...slices: readonly KubernetesObject[]): Shard =>
  shardOf(slimService(object), slices.map(slimSlice))

const addresses = ({ ready }: Shard): string[] => ready.map(({ address }) => address)

const pod = (uid: string, address: string, more: object = {}) => ({
  addresses: [address],
  targetRef: { uid },
  ...more,
})

test('the ready addresses of all slices are those of the shard, in the order of the slices', () => {
  const web = shard(
    service('web.shop'),
    slice('web.shop', ['10.1.0.1', '!10.1.0.2', '10.1.0.3']),
    slice('web.shop', ['10.1.0.4'], { suffix: 'b' }),
  )
  assert.deepEqual([addresses(web), web.readyPods], [['10.1.0.1', '10.1.0.3', '10.1.0.4'], 3])
})

test('an address in two slices is there once, and so is its pod', () => {
  const web = shard(
    service('web.shop'),
    slice('web.shop', [pod('u1', '10.1.0.1'), pod('u2', '10.1.0.2')]),
    slice('web.shop', [pod('u1', '10.1.0.1')], { suffix: 'b' }),
  )
  assert.deepEqual([addresses(web), web.readyPods], [['10.1.0.1', '10.1.0.2'], 2])
})

test('an address without a pod behind it is told apart by itself', () => {
  const web = shard(
    service('web.shop'),
    slice('web.shop', ['10.1.0.1']),
    slice('web.shop', ['10.1.0.1'], { suffix: 'b' }),
  )
  assert.deepEqual([addresses(web), web.readyPods], [['10.1.0.1'], 1])
})

test('a pod that is in both families is one pod', () => {
  const web = shard(
    service('web.shop', ['10.0.0.1', 'fd00::1']),
    slice('web.shop', [pod('u1', '10.1.0.1'), pod('u2', '10.1.0.2')]),
    slice('web.shop', [pod('u1', 'fd00:1::1'), pod('u2', 'fd00:1::2')], { suffix: 'six', addressType: 'IPv6' }),
  )
  assert.equal(web.readyPods, 2)
})

test('ready pods are counted in the family that has most of them', () => {
  const web = shard(
    service('web.shop', ['10.0.0.1', 'fd00::1']),
    slice('web.shop', ['!10.1.0.1', '10.1.0.2']),
    slice('web.shop', ['fd00:1::1', 'fd00:1::2', 'fd00:1::3'], { suffix: 'six' }),
  )
  assert.equal(web.readyPods, 3)
})

test('a pod that is ready in one slice only is ready', () => {
  const web = shard(
    service('web.shop'),
    slice('web.shop', [pod('u1', '10.1.0.1', { conditions: { ready: false } })]),
    slice('web.shop', [pod('u1', '10.1.0.1')], { suffix: 'b' }),
  )
  assert.deepEqual([addresses(web), web.readyPods], [['10.1.0.1'], 1])
})

test('pods that are not ready count where the Service says so', () => {
  const spec = { publishNotReadyAddresses: true }
  const web = shard(service('web.shop', '10.0.0.1', { spec }), slice('web.shop', ['!10.1.0.1', '10.1.0.2']))
  assert.deepEqual([addresses(web), web.readyPods], [['10.1.0.1', '10.1.0.2'], 2])
})

test('a shard without slices, or with empty ones, has nobody ready', () => {
  for (const web of [shard(service('web.shop')), shard(service('web.shop'), slice('web.shop', []))])
    assert.deepEqual([addresses(web), web.readyPods], [[], 0])
})

test('a healthy ClusterIP Service answers in a family that has a ready pod, with the cluster IP of that family', () => {
  const both = service('web.shop', ['10.0.0.1', 'fd00::1'])
  const four = shard(both, slice('web.shop', ['10.1.0.1']))
  assert.deepEqual([addressesOf(four, 'IPv4'), addressesOf(four, 'IPv6')], [['10.0.0.1'], []])
  const six = shard(both, slice('web.shop', ['!10.1.0.1']), slice('web.shop', ['fd00:1::1'], { suffix: 'six' }))
  assert.deepEqual([addressesOf(six, 'IPv4'), addressesOf(six, 'IPv6')], [[], ['fd00::1']])
  const single = shard(
    service('web.shop'),
    slice('web.shop', ['10.1.0.1']),
    slice('web.shop', ['fd00:1::1'], { suffix: 'b' }),
  )
  assert.deepEqual([addressesOf(single, 'IPv4'), addressesOf(single, 'IPv6')], [['10.0.0.1'], []])
})

test('a headless Service answers with its ready pods, by family', () => {
  const db = shard(
    service('db.shop', 'None'),
    slice('db.shop', ['10.1.0.1', '!10.1.0.2', '10.1.0.3']),
    slice('db.shop', ['fd00:1::1'], { suffix: 'six' }),
  )
  assert.deepEqual(addressesOf(db, 'IPv4'), ['10.1.0.1', '10.1.0.3'])
  assert.deepEqual(addressesOf(db, 'IPv6'), ['fd00:1::1'])
})

test('an endpoint is called by its hostname, else by its address with dashes', () => {
  const db = shard(
    service('db.shop', 'None'),
    slice('db.shop', [{ addresses: ['10.1.0.1'], hostname: 'db-0' }, '10.1.0.2']),
    slice('db.shop', ['fd00:1::2'], { suffix: 'six' }),
  )
  assert.deepEqual(
    db.ready.map(({ label }) => label),
    ['db-0', '10-1-0-2', 'fd00-1--2'],
  )
})

test('an endpoint has the ports of its slice', () => {
  const db = shard(
    service('db.shop', 'None'),
    slice('db.shop', ['10.1.0.1'], { ports: [{ name: 'sql', port: 5432 }] }),
    slice('db.shop', ['10.1.0.2'], { suffix: 'b', ports: [] }),
  )
  assert.deepEqual(
    db.ready.map(({ ports }) => ports.map(({ name, port }) => `${name} ${port}`)),
    [['sql 5432'], []],
  )
})
