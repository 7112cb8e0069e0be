import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAtOrBelow, type Name, nameOf } from '../../lib/dns/name.ts'
import { longestDomain } from '../../lib/policy/longest-domain.ts'

// Few labels, some of which look like several where octets are compared.
const label = fc.constantFrom('a', 'b', 'c', 'a\x01b', '\x01a')
const name = fc.array(label, { maxLength: 5 }).map((labels) => nameOf(labels))
const domain = fc.array(label, { maxLength: 4 }).map((labels) => nameOf(labels))

test('of all domains that a name is at or below, the longest is found', () => {
  fc.assert(
    fc.property(fc.array(domain, { maxLength: 12 }), name, (domains, asked) => {
      const find = longestDomain(new Map(domains.map((one): [Name, Name] => [one, one])))
      const wanted = domains.filter((one) => isAtOrBelow(asked, one)).sort((a, b) => b.length - a.length)[0]
      assert.equal(find(asked), wanted)
    }),
    { numRuns: 2000 },
  )
})

test('a name under another top-level domain is not looked up, any other one once for each label', () => {
  let lookUps = 0
  class CountingMap extends Map<Name, number> {
    override get(key: Name): number | undefined {
      lookUps++
      return super.get(key)
    }
  }
  const find = longestDomain(new CountingMap([[nameOf(['ads', 'example']), 1]]))
  lookUps = 0
  find(nameOf(['a', 'b', 'c', 'org']))
  assert.equal(lookUps, 0)
  find(nameOf(['a', 'b', 'c', 'example']))
  assert.equal(lookUps, 4)
})
