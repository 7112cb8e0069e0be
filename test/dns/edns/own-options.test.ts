import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepaliveOption } from '../../../lib/dns/edns/keepalive.ts'
import { nsidOption } from '../../../lib/dns/edns/nsid.ts'
import { NO_OWN_OPTIONS, optionsWithin, ownOptions } from '../../../lib/dns/edns/own-options.ts'
import { paddingOption } from '../../../lib/dns/edns/padding.ts'
import { ednsOption } from '../../helpers/packets.ts'

const [NSID, COOKIE, KEEPALIVE, PADDING, EDE] = [3, 10, 11, 12, 15]
const NONE = Buffer.alloc(0)

const own = { needed: ednsOption(COOKIE, Buffer.alloc(24)), extra: ednsOption(NSID, Buffer.alloc(6)), pads: false }
const why = ednsOption(EDE, Buffer.alloc(20))

function codesIn(list: Buffer): number[] {
  const codes: number[] = []
  for (let at = 0; at < list.length; at += 4 + list.readUInt16BE(at + 2)) codes.push(list.readUInt16BE(at))
  return codes
}

test('what fits is there, in the order in which it matters', () => {
  const octets = own.needed.length + own.extra.length + why.length
  const rows: readonly [number, number[]][] = [
    [octets, [COOKIE, NSID, EDE]],
    [octets - 1, [COOKIE, NSID]],
    [own.needed.length + why.length, [COOKIE, NSID]],
    [own.needed.length, [COOKIE]],
    [own.needed.length - 1, []],
    [0, []],
    [-1, []],
  ]
  for (const [room, codes] of rows) {
    const options = optionsWithin(500 + room, 500, own, why)
    // Where the cookie does not fit, something smaller may.
    if (room >= own.needed.length) assert.deepEqual(codesIn(options), codes)
    assert.ok(options.length <= Math.max(0, room))
  }
})

test('of a query that asks for nothing the reasons are all that there is, and the same octets', () => {
  assert.equal(optionsWithin(100, 50, NO_OWN_OPTIONS, why), why)
  assert.equal(optionsWithin(100, 80, NO_OWN_OPTIONS, why).length, 0)
  assert.equal(ownOptions({ needed: NONE, extra: NONE, pads: false }), NO_OWN_OPTIONS)
})

test('padding comes last, and makes the reply a multiple of 468 octets', () => {
  for (let octets = 20; octets < 1500; octets++) {
    const options = optionsWithin(65_535, octets, { ...own, pads: true }, why)
    assert.deepEqual(codesIn(options), [COOKIE, NSID, EDE, PADDING])
    assert.equal((octets + options.length) % 468, 0)
  }
})

test('a reply that is nearly as large as may be is padded as far as that goes', () => {
  assert.equal(paddingOption(65_500, 65_535)?.length, 20)
  assert.equal(paddingOption(65_521, 65_535)?.length, 14)
  assert.equal(paddingOption(65_531, 65_535)?.length, 4)
  assert.equal(paddingOption(65_532, 65_535), undefined)
})

test('an idle time is told in units of 100 ms, and is no longer than can be told', () => {
  const told = (idleMs: number) => keepaliveOption(idleMs).readUInt16BE(4)
  assert.deepEqual([0, 99, 100, 10_000, 10_099, 1e9].map(told), [0, 0, 1, 100, 100, 65_535])
  assert.deepEqual(codesIn(keepaliveOption(0)), [KEEPALIVE])
})

test('an identity is told in its octets', () => {
  assert.deepEqual(nsidOption('node-a'), ednsOption(NSID, Buffer.from('node-a')))
})
