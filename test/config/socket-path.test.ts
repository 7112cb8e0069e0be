import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { socketPath } from '../../lib/config/socket-path.ts'
import { checkSocketPath } from '../../lib/control/check-socket-path.ts'

const isTaken = (path: string): boolean => socketPath.read(path, 'control', []) !== undefined

const fits = (path: string): boolean => {
  try {
    checkSocketPath(path)
    return true
  } catch {
    return false
  }
}

test('a path that is taken is one that the socket can have, to the octet', () => {
  const part = fc.tuple(fc.constantFrom('x', 'é', '💥'), fc.integer({ min: 1, max: 110 })).map(([c, n]) => c.repeat(n))
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
      const path = `/${parts.join('/')}`
      assert.equal(isTaken(path), fits(path), path)
    }),
    { numRuns: 1000 },
  )
  for (const length of [106, 107, 108]) assert.equal(isTaken(`/${'x'.repeat(length - 1)}`), length <= 107)
  for (const length of [96, 97, 98]) assert.equal(isTaken(`/${'x'.repeat(length - 1)}/c`), length <= 97)
})
