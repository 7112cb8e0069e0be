import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { addressOctets } from '../../../lib/base/address-octets.ts'
import { isCookieLength, ServerCookies } from '../../../lib/dns/edns/server-cookies.ts'

const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf'
const OTHER_SECRET = '445536bcd2513298075a5d379663c962'
const PREVIOUS_SECRET = 'dd3bdf9344b678b185a6f5cb60fca715'
const CLIENT = '2464c4abcf10c957'
const ADDRESS = '198.51.100.100'
const NOW_SECONDS = 1_559_731_985

const hex = (text: string): Buffer => Buffer.from(text, 'hex')

function judge(secrets: readonly [string, ...string[]], cookie: string, address: string, nowSeconds: number) {
  const [first, ...others] = secrets
  const cookies = new ServerCookies([hex(first), ...others.map(hex)])
  const judged = cookies.judge(hex(cookie), { address: addressOctets(address) as Buffer, nowSeconds })
  return [judged.state, judged.cookie.toString('hex')]
}

// RFC 9018, Appendix A: secrets, the client's address, what it shows, when; what that is, and the cookie of the reply.
const VECTORS: readonly [string, readonly [string, ...string[]], string, string, number, string, string][] = [
  [
    'A.1: learning a cookie',
    [SECRET],
    ADDRESS,
    CLIENT,
    1_559_731_985,
    'missing',
    '2464c4abcf10c957010000005cf79f111f8130c3eee29480',
  ],
  [
    'A.2: learning a fresh one 40 minutes later',
    [SECRET],
    ADDRESS,
    '2464c4abcf10c957010000005cf79f111f8130c3eee29480',
    1_559_734_385,
    'valid',
    '2464c4abcf10c957010000005cf7a871d4a564a1442aca77',
  ],
  [
    'A.3: reserved octets are hashed as they are, at the time when the cookie holds',
    [SECRET],
    '203.0.113.203',
    'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5',
    1_559_727_985,
    'valid',
    'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5',
  ],
  [
    'A.3: and not in the fresh one; it is older than the hour that section 4.3 gives it',
    [SECRET],
    '203.0.113.203',
    'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5',
    1_559_734_700,
    'wrong',
    'fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e',
  ],
  [
    'A.4: IPv6, and the secret has been exchanged',
    [OTHER_SECRET, PREVIOUS_SECRET],
    '2001:db8:220:1:59de:d0f4:8769:82b8',
    '22681ab97d52c298010000005cf7c57926556bd0934c72f8',
    1_559_741_961,
    'valid',
    '22681ab97d52c298010000005cf7c609a6bb79d16625507a',
  ],
]

for (const [what, secrets, address, cookie, nowSeconds, state, reply] of VECTORS) {
  test(what, () => assert.deepEqual(judge(secrets, cookie, address, nowSeconds), [state, reply]))
}

const LEARNT = judge([SECRET], CLIENT, ADDRESS, NOW_SECONDS)[1] as string
const stateAt = (nowSeconds: number): unknown => judge([SECRET], LEARNT, ADDRESS, nowSeconds)[0]

test('a cookie holds for an hour, and for five minutes of clocks that differ', () => {
  const ages = [-301, -300, 0, 1800, 3600, 3601]
  assert.deepEqual(
    ages.map((age) => stateAt(NOW_SECONDS + age)),
    ['wrong', 'valid', 'valid', 'valid', 'valid', 'wrong'],
  )
})

test('the time may wrap', () => {
  const before = 2 ** 32 - 10
  const learnt = judge([SECRET], CLIENT, ADDRESS, before)[1] as string
  assert.equal(judge([SECRET], learnt, ADDRESS, before + 20)[0], 'valid')
})

test('for half an hour a client gets the cookie that it has', () => {
  assert.equal(judge([SECRET], LEARNT, ADDRESS, NOW_SECONDS + 1800)[1], LEARNT)
  assert.notEqual(judge([SECRET], LEARNT, ADDRESS, NOW_SECONDS + 1801)[1], LEARNT)
})

test('what holds on one node holds on all that have the secret, and on no other', () => {
  assert.equal(judge([OTHER_SECRET, SECRET], LEARNT, ADDRESS, NOW_SECONDS)[0], 'valid')
  assert.equal(judge([OTHER_SECRET], LEARNT, ADDRESS, NOW_SECONDS)[0], 'wrong')
})

test('a cookie of another address, client, version or length, or with any bit changed, is none', () => {
  assert.equal(judge([SECRET], LEARNT, '198.51.100.101', NOW_SECONDS)[0], 'wrong')
  const lengthened = `${LEARNT}00`
  const shortened = LEARNT.slice(0, -2)
  for (const cookie of [lengthened, shortened]) assert.equal(judge([SECRET], cookie, ADDRESS, NOW_SECONDS)[0], 'wrong')
  fc.assert(
    fc.property(fc.nat(24 * 8 - 1), (bit) => {
      const changed = hex(LEARNT)
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      assert.equal(judge([SECRET], changed.toString('hex'), ADDRESS, NOW_SECONDS)[0], 'wrong')
    }),
  )
})

test('a client has 8 octets, a server 8 to 32 more (EDNS-18)', () => {
  const right = Array.from({ length: 50 }, (_, octets) => octets).filter(isCookieLength)
  assert.deepEqual(right, [8, ...Array.from({ length: 25 }, (_, i) => 16 + i)])
})
