import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLabelSelector } from '../../lib/config/label-selector.ts'

test('a label selector has at most 4,096 characters', () => {
  const longest = `${'a,'.repeat(2047)}ab`
  assert.equal(longest.length, 4096)
  assert.equal(parseLabelSelector(longest), longest)
  assert.equal(parseLabelSelector(`${longest}c`), undefined)
})
