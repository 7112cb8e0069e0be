import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  formatName,
  isAtOrBelow,
  isRfc1123Label,
  labelsOf,
  lowerCase,
  nameOf,
  parentOf,
  parseName,
  ROOT,
} from '../../lib/dns/name.ts'
import { anyLabels, anyName } from './arbitrary-names.ts'

const LONG = 'x'.repeat(63)

// Presentation form in, presentation form out.
const SAME_NAME: readonly [string, string][] = [
  ['.', '.'],
  ['com', 'com.'],
  ['com.', 'com.'],
  ['Web.SHOP.Example', 'web.shop.example.'],
  ['_http._tcp.web', '_http._tcp.web.'],
  ['*.web', '*.web.'],
  ['0/25.2.0.192.in-addr.arpa', '0/25.2.0.192.in-addr.arpa.'],
  ['a\\.b.c', 'a\\046b.c.'],
  ['a\\046b.c', 'a\\046b.c.'],
  ['\\065', 'a.'],
  ['\\000\\255', '\\000\\255.'],
  ['a\\\\b', 'a\\092b.'],
  ['with space', 'with\\032space.'],
  [`${LONG}.com`, `${LONG}.com.`],
]

for (const [text, wanted] of SAME_NAME) {
  test(`"${text}" is the name ${wanted}`, () => {
    assert.equal(formatName(parseName(text)), wanted)
  })
}

const NO_NAMES: readonly [string, RegExp][] = [
  ['', /empty label/],
  ['..', /empty label/],
  ['.com', /empty label/],
  ['a..b', /empty label/],
  [`${LONG}x.com`, /64 octets, 63 allowed/],
  [`${`${LONG}.`.repeat(3)}${LONG}`, /257 octets, 255 allowed/],
  ['a.'.repeat(128), /257 octets, 255 allowed/],
  ['\\256', /not an octet/],
  ['\u0416', /not an octet/],
]

for (const [text, reason] of NO_NAMES) {
  test(`"${text.slice(0, 20)}" (${text.length} characters) is refused: ${reason.source}`, () => {
    assert.throws(() => parseName(text), { name: 'RangeError', message: reason })
  })
}

test('a name of exactly 255 octets is a name, with labels of 63 octets and with 127 labels', () => {
  assert.equal(parseName(`${`${LONG}.`.repeat(3)}${'x'.repeat(61)}`).length, 255)
  assert.equal(parseName('a.'.repeat(127)).length, 255)
})

test('whatever octets the labels hold, a name is the same after it was written and read', () => {
  fc.assert(fc.property(anyName, (name) => assert.equal(parseName(formatName(name)), name)))
})

test('the labels of a name are those it was made of, in lower case', () => {
  fc.assert(fc.property(anyLabels, (labels) => assert.deepEqual(labelsOf(nameOf(labels)), labels.map(lowerCase))))
})

test('presentation form is plain ASCII without spaces, and keeps two names apart', () => {
  fc.assert(
    fc.property(anyName, anyName, (a, b) => {
      assert.match(formatName(a), /^[!-~]+$/)
      assert.equal(formatName(a) === formatName(b), a === b)
    }),
  )
})

test('one label with a dot in it is not two labels', () => {
  assert.notEqual(parseName('a\\.b'), parseName('a.b'))
})

test('only ASCII letters have a letter case', () => {
  assert.equal(lowerCase('AZaz09-_[\u00c4\u00df'), 'azaz09-_[\u00c4\u00df')
})

// A name, a zone, and whether the name is in it.
const IN_ZONE: readonly [string, string, boolean][] = [
  ['shop.example', 'shop.example', true],
  ['web.shop.example', 'shop.example', true],
  ['web.shop.example', '.', true],
  ['.', '.', true],
  ['example', 'shop.example', false],
  ['workshop.example', 'shop.example', false],
  ['.', 'example', false],
  ['shop.example.org', 'shop.example', false],
  // Octets within a label that look like the end of the other name.
  ['a\\004shop\\007example', 'shop.example', false],
]

for (const [name, zone, wanted] of IN_ZONE) {
  test(`${name} is ${wanted ? '' : 'not '}at or below ${zone}`, () => {
    assert.equal(isAtOrBelow(parseName(name), parseName(zone)), wanted)
  })
}

test('a name is below another exactly if its last labels are those of the other', () => {
  const few = fc.array(fc.constantFrom('a', 'b', 'a\x01b', '\x01a'), { maxLength: 4 })
  fc.assert(
    fc.property(few, few, (labels, zone) => {
      const wanted = zone.length <= labels.length && zone.every((label, i) => label === labels.at(i - zone.length))
      assert.equal(isAtOrBelow(nameOf(labels), nameOf(zone)), wanted)
    }),
  )
})

test('labels can be put in front of a name, to its 255 octets and no further', () => {
  const zone = parseName(`${`${LONG}.`.repeat(3)}${'x'.repeat(59)}`)
  assert.equal(formatName(nameOf(['Web'], parseName('shop'))), 'web.shop.')
  assert.equal(nameOf(['a'], zone).length, 255)
  assert.throws(() => nameOf(['ab'], zone), RangeError)
})

test('the parent of a name is the name without its first label, and the root is its own', () => {
  assert.equal(formatName(parentOf(parseName('a\\.b.c.d'))), 'c.d.')
  assert.equal(parentOf(parseName('d')), ROOT)
  assert.equal(parentOf(ROOT), ROOT)
})

const LABELS: readonly [string, boolean][] = [
  ['web', true],
  ['0', true],
  ['web-1', true],
  ['a--b', true],
  [LONG, true],
  [`${LONG}x`, false],
  ['', false],
  ['-web', false],
  ['web-', false],
  ['Web', false],
  ['_http', false],
  ['*', false],
  ['a.b', false],
  ['web\n', false],
]

for (const [label, wanted] of LABELS) {
  test(`${JSON.stringify(label)} is ${wanted ? 'a' : 'no'} name of a namespace`, () => {
    assert.equal(isRfc1123Label(label), wanted)
  })
}
