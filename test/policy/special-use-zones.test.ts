import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { nameOf } from '../../lib/dns/name.ts'
import { specialUse } from '../../lib/policy/special-use-names.ts'
import { anyLabels } from '../dns/arbitrary-names.ts'
import { linesOf, question } from './answers.ts'

const inPublic = specialUse({ leaks: () => true, onRuling: () => {} })

const NETWORKS =
  '10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 ' +
  '192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 255.255.255.255/32'

const reverse = (address: number): string =>
  `${[0, 8, 16, 24].map((shift) => (address >>> shift) & 255).join('.')}.in-addr.arpa`
const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')

test('of the reverse names of IPv4, those of RFC 6303 and RFC 7793 are kept here, and no others', async () => {
  const kept = new BlockList()
  const edges = NETWORKS.split(' ').flatMap((network) => {
    const [prefix = '', bits] = network.split('/')
    kept.addSubnet(prefix, Number(bits), 'ipv4')
    const first = Buffer.from(prefix.split('.').map(Number)).readUInt32BE()
    const last = first + 2 ** (32 - Number(bits)) - 1
    return [first - 1, first, last, last + 1].filter((number) => number >= 0 && number < 2 ** 32)
  })
  const isRight = async (number: number) => {
    const answer = await inPublic(question(reverse(number), 'PTR'))
    assert.equal(answer !== undefined, kept.check(dotted(number)), dotted(number))
  }
  for (const edge of edges) await isRight(edge)
  await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 32 - 1 }), isRight), { numRuns: 1000 })
})

test('of the reverse names of IPv6, those of RFC 6303 are kept here, and no others', async () => {
  const kept = new BlockList()
  for (const [prefix, bits] of [
    ['::', 127],
    ['fd00::', 8],
    ['fe80::', 10],
    ['2001:db8::', 32],
  ] as const) {
    kept.addSubnet(prefix, bits, 'ipv6')
  }
  const head = fc.constantFrom(...' fc fd fe7 fe8 fe9 fea feb fec 20010db 20010db8'.split(' '), '0'.repeat(31))
  const address = fc
    .tuple(head, fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: 32, maxLength: 32 }))
    .map(([start, rest]) => (start + rest).slice(0, 32))
  await fc.assert(
    fc.asyncProperty(address, async (hex) => {
      const text = hex.match(/.{4}/g)?.join(':') ?? ''
      const answer = await inPublic(question(`${Array.from(hex).toReversed().join('.')}.ip6.arpa`, 'PTR'))
      assert.equal(answer !== undefined, kept.check(text, 'ipv6'), text)
    }),
    { numRuns: 3000 },
  )
})

test('the SOA of a denial is that of a zone above the name, whatever octets the name holds', async () => {
  const suffix = fc.constantFrom('test', 'invalid', 'onion', '10.in-addr.arpa', 'home.arpa', 'resolver.arpa')
  const some = anyLabels.filter((labels) => labels.join('..').length < 200)
  await fc.assert(
    fc.asyncProperty(some, suffix, async (labels, zone) => {
      const query = { ...question('.'), name: nameOf([...labels, ...zone.split('.')]) }
      const lines = linesOf(query, await inPublic(query))
      assert.match(lines.at(-1) ?? '', new RegExp(`^authority ${zone}\\. `))
    }),
  )
})
