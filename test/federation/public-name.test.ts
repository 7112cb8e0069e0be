import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatName, parseName } from '../../lib/dns/name.ts'
import { publicNames } from '../../lib/federation/public-name.ts'
import type { PublicNamesForm } from '../../lib/federation/settings.ts'

const L = (length: number) => 'a'.repeat(length)
const federation = { name: 'fed', domain: parseName('example.com'), bare: true }
const of = { service: 'web', namespace: 'shop', federation }

const names = (form: PublicNamesForm, place: string, service = of): string[] => {
  const [zone, region] = place.split('.')
  return publicNames(service, { ...(zone && { zone }), ...(region && { region }) }, form).map(formatName)
}

const GLOBAL = 'web.shop.fed.svc.example.com.'

const TABLE: readonly (readonly [PublicNamesForm, string, readonly string[]])[] = [
  ['zone', 'z.r', ['web.shop.fed.svc.z.example.com.', 'web.shop.fed.svc.r.example.com.', GLOBAL]],
  ['zone.region', 'z.r', ['web.shop.fed.svc.z.r.example.com.', 'web.shop.fed.svc.r.example.com.', GLOBAL]],
  ['zone', 'z', ['web.shop.fed.svc.z.example.com.', GLOBAL]],
  ['zone.region', 'z', [GLOBAL]],
  ['zone', '.r', ['web.shop.fed.svc.r.example.com.', GLOBAL]],
  ['zone.region', '.r', ['web.shop.fed.svc.r.example.com.', GLOBAL]],
  ['zone', 'dc1.dc1', ['web.shop.fed.svc.dc1.example.com.', GLOBAL]],
  ['zone.region', 'dc1.dc1', ['web.shop.fed.svc.dc1.example.com.', GLOBAL]],
  ['zone', '', [GLOBAL]],
]

for (const [form, place, expected] of TABLE) {
  test(`form ${form}, location "${place}"`, () => assert.deepEqual(names(form, place), expected))
}

test('a name of more than 255 octets is left out, so that the next level counts', () => {
  const long = {
    service: L(63),
    namespace: L(63),
    federation: { ...federation, domain: parseName(`${L(60)}.example.com`) },
  }
  const global = `${L(63)}.${L(63)}.fed.svc.${L(60)}.example.com.`
  assert.deepEqual(names('zone', `${L(63)}.r`, long), [`${L(63)}.${L(63)}.fed.svc.r.${L(60)}.example.com.`, global])
  // 255 octets with the root's: the longest name there is.
  const room = 255 - (global.length + 1)
  assert.equal(names('zone', L(room - 1), long)[0]?.length, 254)
  assert.deepEqual(names('zone', L(room), long), [global])
})

test('where no name fits there is none', () => {
  const domain = parseName([L(63), L(63), L(60)].join('.'))
  const long = { service: L(63), namespace: L(63), federation: { ...federation, domain } }
  assert.deepEqual(names('zone', 'z.r', long), [])
})
