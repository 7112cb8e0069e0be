import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ASKED, QueryOptions } from '../../../lib/dns/edns/query-options.ts'
import { ednsOption } from '../../helpers/packets.ts'

const [NSID, COOKIE, KEEPALIVE, PADDING] = [3, 10, 11, 12]

function read(...options: readonly Buffer[]) {
  const list = Buffer.concat(options)
  const found = new QueryOptions()
  // Somewhere in a packet, so that offsets count from its first octet.
  const packet = Buffer.concat([Buffer.alloc(7, 0xff), list, Buffer.alloc(3, 0xff)])
  const isList = found.read(packet, 7, 7 + list.length)
  return { isList, found }
}

test('what is asked for is found, whatever stands between', () => {
  const cookie = ednsOption(COOKIE, Buffer.alloc(8, 1))
  const { isList, found } = read(ednsOption(100, Buffer.alloc(9)), ednsOption(NSID), cookie, ednsOption(PADDING))
  assert.ok(isList)
  assert.equal(found.asked, ASKED.NSID | ASKED.COOKIE | ASKED.PADDING)
  assert.deepEqual([found.cookieAt, found.cookieOctets], [7 + 13 + 4 + 4, 8])
})

test('of several of a kind the first counts', () => {
  const many = Array.from({ length: 10 }, (_, i) => ednsOption(COOKIE, Buffer.alloc(8 + i)))
  const { found } = read(...many, ednsOption(KEEPALIVE), ednsOption(KEEPALIVE, Buffer.alloc(2)))
  assert.deepEqual([found.cookieOctets, found.cookieAt, found.keepaliveOctets], [8, 11, 0])
})

test('after 32 options nothing is looked at any more (EDNS-14)', () => {
  const unknown = (count: number) => Array.from({ length: count }, () => ednsOption(100))
  assert.equal(read(...unknown(31), ednsOption(NSID)).found.asked, ASKED.NSID)
  const { isList, found } = read(...unknown(32), ednsOption(NSID), Buffer.of(1))
  assert.deepEqual([isList, found.asked], [true, 0])
})

test('options that are cut off are no list', () => {
  const list = ednsOption(NSID, Buffer.alloc(5))
  for (let octets = 1; octets < list.length; octets++) assert.equal(read(list.subarray(0, octets)).isList, false)
  assert.ok(read().isList)
})

test('of no octets more is read than there are, whatever they say', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      const { found } = read(Buffer.from(octets))
      if ((found.asked & ASKED.COOKIE) !== 0) assert.ok(found.cookieAt + found.cookieOctets <= 7 + octets.length)
    }),
  )
})
