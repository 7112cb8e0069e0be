import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import { type Difference, differences } from './compare.ts'
import { questionsOf } from './questions.ts'
import { readWire, type WireMessage } from './wire.ts'
import { zonesOf } from './zones.ts'

const [question] = questionsOf(zonesOf(1), 1, 1)
assert.ok(question)

const REPLY: packet.Packet = {
  type: 'response',
  id: 1,
  flags: packet.RECURSION_DESIRED,
  questions: [{ name: 'www.tld', type: 'A' }],
  answers: [
    { name: 'www.tld', type: 'CNAME', ttl: 60, data: 'Host.tld' },
    { name: 'host.tld', type: 'A', ttl: 60, data: '10.0.0.1' },
    { name: 'host.tld', type: 'A', ttl: 60, data: '10.0.0.2' },
  ],
  authorities: [{ name: 'tld', type: 'NS', ttl: 60, data: 'ns.tld' }],
  additionals: [
    { type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0, options: [] } as never,
  ],
}
const [ALIAS, FIRST, SECOND] = REPLY.answers as [packet.Answer, packet.Answer, packet.Answer]

const wireOf = (parts: Partial<packet.Packet>): WireMessage => readWire(packet.encode({ ...REPLY, ...parts }))

function differ(parts: Partial<packet.Packet>): Difference['what'][] {
  const [ours, theirs] = [wireOf(REPLY), wireOf(parts)].map((wire) => ({ question, first: wire, whole: wire }))
  assert.ok(ours && theirs && question)
  return differences(ours as never, theirs as never, { lessBySeconds: 2, moreBySeconds: 0 }).map(({ what }) => what)
}

const withTtl = (ttl: number): Partial<packet.Packet> => ({
  answers: [ALIAS, { ...FIRST, ttl } as packet.Answer, SECOND],
})

const TABLE: readonly (readonly [string, Partial<packet.Packet>, readonly Difference['what'][]])[] = [
  ['nothing', {}, []],
  ['the order of addresses', { answers: [ALIAS, SECOND, FIRST] }, []],
  ['letter case', { answers: [{ ...ALIAS, data: 'hOST.tld' } as packet.Answer, FIRST, SECOND] }, []],
  ['TTLs that ran down', withTtl(62), []],
  ['TTLs that ran down too far', withTtl(63), ['TTL']],
  ['TTLs that grew', withTtl(59), ['TTL']],
  ['an alias behind its target', { answers: [FIRST, SECOND, ALIAS] }, ['order']],
  ['an address less', { answers: [ALIAS, FIRST] }, ['answer']],
  ['an address twice', { answers: [ALIAS, FIRST, SECOND, SECOND] }, ['answer']],
  ['another address', { answers: [ALIAS, FIRST, { ...SECOND, data: '10.0.0.3' } as packet.Answer] }, ['answer']],
  [
    'another section',
    { authorities: [], additionals: [...(REPLY.additionals ?? []), ...(REPLY.authorities ?? [])] },
    ['authority', 'additional'],
  ],
  ['the rcode', { flags: packet.RECURSION_DESIRED | 3 }, ['rcode']],
  ['a flag', { flags: packet.RECURSION_DESIRED | packet.AUTHORITATIVE_ANSWER }, ['AA']],
  ['TC', { flags: packet.RECURSION_DESIRED | packet.TRUNCATED_RESPONSE }, ['TC']],
  ['the spelling of the question', { questions: [{ name: 'WWW.tld', type: 'A' }] }, ['question']],
  ['OPT', { additionals: [] }, ['OPT']],
]

for (const [what, parts, expected] of TABLE) {
  test(`${what}: ${expected.join(', ') || 'no difference'}`, () => assert.deepEqual(differ(parts), expected))
}
