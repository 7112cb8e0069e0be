import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemsOf, withKey } from './minimal.ts'

test('a key with blanks, or without a letter, is quoted', () => {
  for (const [yaml, key] of [
    ['"cache ": {}', '"cache "'],
    ['"": 1', '""'],
    ['cache: { " entries": 1 }', 'cache." entries"'],
    ['cache: { "a\\tb": 1 }', String.raw`cache."a\tb"`],
  ] as const)
    assert.match(problemsOf(withKey(yaml))[0] ?? 'not refused', new RegExp(`^${RegExp.escape(key)}: no such key`))
})

test('a variable that is not set is told once, wherever it stands', () => {
  for (const yaml of [
    'clusterDNS: ["${NOPE}"]',
    'clusterDNS: "${NOPE}"',
    'forward: { upstreams: ["${NOPE}"] }',
    'forward: { stubDomains: { a.b: "${NOPE}" } }',
    'control: "${NOPE}"',
  ])
    assert.deepEqual(problemsOf(withKey(yaml)), ['the environment variable NOPE is not set (in "${NOPE}")'])
})
