import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Location, locationOfNode, narrowed } from '../../lib/cluster/location.ts'
import { node } from '../helpers/objects.ts'
import { slimNode } from './slimmed.ts'

function locate(place: string, labels = {}): { location: Location; problems: string[] } {
  const problems: string[] = []
  const location = locationOfNode(slimNode(node('n1', place, labels)), (problem) => problems.push(problem))
  return { location, problems }
}

const BETA = 'failure-domain.beta.kubernetes.io'

test('zone and region are those of the labels of the node', () => {
  const { location, problems } = locate('us-central1-f.us-central1')
  assert.deepEqual([location, problems], [{ zone: 'us-central1-f', region: 'us-central1' }, []])
})

test('labels in upper case are lower-cased', () => {
  assert.deepEqual(locate('US-Central1-F.US-CENTRAL1').location, { zone: 'us-central1-f', region: 'us-central1' })
})

test('the old beta labels count where the present ones are missing or empty', () => {
  const old = { [`${BETA}/zone`]: 'old-zone', [`${BETA}/region`]: 'old-region' }
  assert.deepEqual(locate('', old).location, { zone: 'old-zone', region: 'old-region' })
  assert.deepEqual(locate('zone', old).location, { zone: 'zone', region: 'old-region' })
  assert.deepEqual(locate('zone.region', old).location, { zone: 'zone', region: 'region' })
  assert.deepEqual(locate('', { ...old, 'topology.kubernetes.io/zone': '' }).location, {
    zone: 'old-zone',
    region: 'old-region',
  })
})

test('a label that is missing leaves its level out', () => {
  assert.deepEqual(locate('').location, {})
  assert.deepEqual(locate('zone').location, { zone: 'zone' })
  assert.deepEqual(locate('.region').location, { region: 'region' })
})

test('a label that is no RFC 1123 label counts as missing and is reported with the node, the label and its value', () => {
  for (const value of ['a.b', 'a_b', '-a', 'a'.repeat(64), 'ä']) {
    const { location, problems } = locate('.region', { 'topology.kubernetes.io/zone': value })
    const [problem = ''] = problems
    assert.deepEqual([location, problems.length], [{ region: 'region' }, 1])
    for (const part of ['Node n1', 'topology.kubernetes.io/zone', `"${value}"`])
      assert.ok(problem.includes(part), problem)
  }
})

test('where the present label is invalid, a valid old one counts', () => {
  const { location, problems } = locate('a_b', { [`${BETA}/zone`]: 'old-zone' })
  assert.deepEqual([location, problems.length], [{ zone: 'old-zone' }, 1])
})

test('labels that only look alike are not read', () => {
  assert.deepEqual(locate('', { 'example.com/zone': 'x', 'topology.gke.io/zone': 'y', zone: 'z' }).location, {})
})

test('the scope says how precise a location may be', () => {
  const there = { zone: 'z', region: 'r' }
  assert.deepEqual(narrowed(there, 'zone'), there)
  assert.deepEqual(narrowed(there, 'region'), { region: 'r' })
  assert.deepEqual(narrowed(there, 'global'), {})
  assert.deepEqual(narrowed({ zone: 'z' }, 'zone'), { zone: 'z' })
  assert.deepEqual(narrowed({ zone: 'z' }, 'region'), {})
  assert.deepEqual(narrowed({ region: 'r' }, 'zone'), { region: 'r' })
})
