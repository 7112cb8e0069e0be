import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Backoff } from '../../lib/base/backoff.ts'
import type { ClusterObject } from '../../lib/cluster/objects.ts'
import { ApiError } from '../../lib/kubernetes/api-error.ts'
import { collectionsOf, covers, pathOf, selectorsOf } from '../../lib/kubernetes/collection.ts'
import { isOlder } from '../../lib/kubernetes/resource-version.ts'
import { triggerTimeMs } from '../../lib/kubernetes/trigger-time.ts'

// The small parts of a reflector, by themselves.

const LEAST_MS = 800
const MOST_MS = 30_000
const randoms = fc.array(fc.nat(65_535), { minLength: 2, maxLength: 60 })

function waits(backoff: Backoff, count: number): number[] {
  return Array.from({ length: count }, () => backoff.nextMs())
}

const backoffOf = (numbers: readonly number[]) => {
  let next = 0
  return new Backoff(() => numbers[next++ % numbers.length] ?? 0)
}

test('versions are compared as the numbers that they are, of any length; of no number nothing is known', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 70n }), fc.bigInt({ min: 0n, max: 2n ** 70n }), (a, b) => {
      assert.equal(isOlder(String(a), String(b)), a < b)
    }),
  )
  assert.equal(isOlder('9', '10'), true)
  for (const [a, b] of [
    ['1', undefined],
    ['a', '9'],
    ['9', 'b'],
    ['', '9'],
    ['9', ''],
    ['-1', '9'],
  ] as const)
    assert.equal(isOlder(a, b), false)
})

test('the first wait is short, the others at least 0.8 s, at most three times the one before and 30 s', () => {
  fc.assert(
    fc.property(randoms, (numbers) => {
      const [first = 0, ...others] = waits(backoffOf(numbers), 30)
      assert.ok(first >= 0 && first < LEAST_MS)
      let longest = 3 * LEAST_MS
      for (const ms of others) {
        assert.ok(ms >= LEAST_MS && ms <= Math.min(longest, MOST_MS), `${ms} ms`)
        longest = 3 * ms
      }
    }),
  )
})

test('the longest waits come to 30 s, and begin anew when it has worked', () => {
  const backoff = new Backoff(() => 65_535)
  const longest = waits(backoff, 12)
  assert.deepEqual(
    longest,
    longest.toSorted((a, b) => a - b),
  )
  assert.ok((longest.at(-1) ?? 0) > MOST_MS - 10)
  backoff.reset()
  assert.deepEqual(waits(backoff, 12), longest)
})

test('a refusal is read from the Status, else from HTTP', () => {
  const details = { causes: [{ reason: 'Other' }, { reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 3 }
  const full = new ApiError(500, {
    kind: 'Status',
    code: 504,
    reason: 'Time\u007fout',
    message: 'Too large\nby far',
    details,
  })
  assert.deepEqual([full.status, full.retryAfterMs, full.isTooLargeVersion, full.isGone], [504, 3000, true, false])
  assert.equal(full.message, 'the API server says 504 Time\\u007fout: Too large\\u000aby far')
  for (const body of [
    undefined,
    null,
    'text',
    [],
    {},
    { code: 16 },
    { kind: 'Status', code: '410', details: 7 },
    { details: { causes: 'x' } },
  ]) {
    const bare = new ApiError(410, body)
    assert.deepEqual(
      [bare.status, bare.retryAfterMs, bare.isTooLargeVersion, bare.isGone],
      [410, undefined, false, true],
    )
  }
})

test('when to come again is what the header says, else the Status; no more than 5 minutes', () => {
  const retryAfterMs = (header?: string, retryAfterSeconds?: unknown) =>
    new ApiError(429, { details: { retryAfterSeconds } }, header).retryAfterMs
  assert.equal(retryAfterMs('5', 7), 5000)
  assert.equal(retryAfterMs(undefined, 7), 7000)
  assert.equal(retryAfterMs('999999'), 300_000)
  assert.equal(retryAfterMs('Wed, 21 Oct 2026 07:28:00 GMT', 7), 7000)
  for (const none of ['', '0', '-3', 'soon']) assert.equal(retryAfterMs(none), undefined)
  for (const none of [0, -1, '7s?', null, Number.NaN, {}]) assert.ok((retryAfterMs(undefined, none) ?? 7000) === 7000)
})

test('when a change was caused is read from the annotation, if that is a time', () => {
  const of = (time: unknown) =>
    triggerTimeMs({ metadata: { annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': time } } })
  assert.equal(of('2026-11-23T11:00:00Z'), Date.UTC(2026, 10, 23, 11))
  assert.equal(of('2026-11-23T11:00:00.123456789Z'), Date.UTC(2026, 10, 23, 11, 0, 0, 123))
  for (const none of [undefined, null, 'now', 7, '']) assert.equal(of(none), undefined)
  for (const none of [undefined, null, {}, { metadata: null }, { metadata: { annotations: [] } }])
    assert.equal(triggerTimeMs(none), undefined)
})

const NAMESPACES = ['shop', 'store', 'fed', 'other']
const some = fc.subarray(NAMESPACES)
const KINDS = ['Service', 'EndpointSlice'] as const
const scope = fc
  .tuple(
    fc.record({ namespaces: some, labelSelector: fc.constant('app=web') }, { requiredKeys: [] }),
    some,
    fc.constantFrom(undefined, 'n1'),
  )
  .map(([narrow, whole, nodeName]) => ({ ...narrow, whole, nodeName }))

const listsOf = (object: ClusterObject, scope: Parameters<typeof collectionsOf>[0]) =>
  collectionsOf(scope).filter((one) => covers(one)(object))

test('no object is in two lists, and whatever is to be known is in one', () => {
  fc.assert(
    fc.property(scope, fc.constantFrom(...NAMESPACES), fc.constantFrom(...KINDS), (scope, namespace, kind) => {
      const { namespaces, labelSelector, whole } = scope
      const lists = listsOf({ kind, namespace, name: 'web' } as ClusterObject, scope)
      const isWhole = whole.includes(namespace)
      const isWanted = namespaces === undefined || namespaces.includes(namespace) || isWhole
      assert.equal(lists.length, isWanted ? 1 : 0)
      for (const one of lists) {
        const [, where] = /\/namespaces\/([^/]+)\//.exec(pathOf(one)) ?? []
        assert.equal(where ?? namespace, namespace)
        assert.deepEqual(selectorsOf(one), labelSelector === undefined || isWhole ? {} : { labelSelector })
      }
    }),
    { numRuns: 500 },
  )
})

test('no list is asked for twice, and of nodes only this one', () => {
  fc.assert(
    fc.property(scope, (scope) => {
      const questions = collectionsOf(scope).map((one) => `${pathOf(one)} ${JSON.stringify(selectorsOf(one))}`)
      assert.equal(new Set(questions).size, questions.length)
      const lists = listsOf({ kind: 'Node', name: 'n1', labels: {} }, scope).map(selectorsOf)
      assert.deepEqual(lists, scope.nodeName === undefined ? [] : [{ fieldSelector: 'metadata.name=n1' }])
    }),
  )
})

test('of everything there are two lists, and one of this node', () => {
  const collections = collectionsOf({ whole: ['fed'], nodeName: 'n1' })
  const expected = ['/api/v1/services', '/apis/discovery.k8s.io/v1/endpointslices', '/api/v1/nodes']
  assert.deepEqual(collections.map(pathOf), expected)
})
