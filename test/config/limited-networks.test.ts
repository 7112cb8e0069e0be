import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitedNetworks } from '../../lib/config/limited-networks.ts'
import { fileOf, withKey } from './minimal.ts'

const warnings = (yaml: string): readonly string[] => limitedNetworks(fileOf(withKey(yaml)))

test('who may ask by default is exempt', () => {
  assert.deepEqual(warnings('lameDuck: 5s'), [])
  assert.deepEqual(warnings('acl: { allow: [10.1.0.0/16, "fd00:1::/32"] }'), [])
})

test('who may ask and is not exempt is told of, with what it gets', () => {
  assert.deepEqual(warnings('acl: { allow: [10.0.0.0/8, 11.0.0.0/8, "2001:db8::/32"] }'), [
    'acl.allow: 11.0.0.0/8 is not in rateLimit.exempt: each /24 of it gets 100 replies a second over UDP',
    'acl.allow: 2001:db8::/32 is not in rateLimit.exempt: each /56 of it gets 100 replies a second over UDP',
  ])
})

test('a network that is wider than what is exempt is told of; without a limit nothing is', () => {
  assert.equal(warnings('acl: { allow: [0.0.0.0/0] }').length, 1)
  assert.deepEqual(warnings('acl: { allow: [0.0.0.0/0] }\nrateLimit: { responsesPerSecond: 0 }'), [])
  assert.deepEqual(warnings('acl: { allow: [0.0.0.0/0] }\nrateLimit: { exempt: [0.0.0.0/0] }'), [])
})
