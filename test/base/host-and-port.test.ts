import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostAndPort } from '../../lib/base/host-and-port.ts'

test('an IPv6 address is written in brackets', () => {
  assert.equal(hostAndPort({ host: '::1', port: 53 }), '[::1]:53')
  assert.equal(hostAndPort({ host: '10.0.0.1', port: 53 }), '10.0.0.1:53')
})
