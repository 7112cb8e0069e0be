import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet, { type Answer } from 'dns-packet'
import { readMessage } from '../../lib/dns/message.ts'
import { formatName } from '../../lib/dns/name.ts'
import { aliasesFirst } from '../../lib/forward/aliases-first.ts'
import { relay } from '../../lib/forward/relay.ts'
import { lineOf, recordOf } from '../helpers/zone-line.ts'

const LIFETIMES = { minTtl: 0, maxTtl: 86_400_000, maxNegativeTtl: 3_600_000 }
const OPT = { type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0, options: [] }

const ALIAS = 'a.example 60 CNAME b.example'
const NEXT = 'b.example 30 CNAME c.example'
const END = 'c.example 20 A 192.0.2.1'
const OTHER_END = 'c.example 20 A 192.0.2.2'

/** A reply to `a.example A` with these records. */
function replyWith(
  answers: readonly string[],
  { type = 'A', additionals = [OPT] }: { type?: string; additionals?: unknown[] } = {},
) {
  return readMessage(
    packet.encode({
      type: 'response',
      flags: packet.RECURSION_AVAILABLE,
      questions: [{ name: 'a.example', type: type as 'A' }],
      answers: answers.map(recordOf),
      authorities: [recordOf('example 60 NS ns.example')],
      additionals: additionals as Answer[],
    }),
  )
}

const relayed = (message: ReturnType<typeof readMessage>): string[] =>
  (packet.decode(relay(message, { nowMs: 0, from: 'there', lifetimes: LIFETIMES }).message.bytes).answers ?? []).map(
    lineOf,
  )
const lines = (records: readonly string[]): string[] => records.map((line) => lineOf(recordOf(line)))

for (const [title, given, expected] of [
  ['behind what they lead to', [END, NEXT, ALIAS], [ALIAS, NEXT, END]],
  ['the wrong way round', [NEXT, ALIAS, END, OTHER_END], [ALIAS, NEXT, END, OTHER_END]],
  ['in between', [END, ALIAS, OTHER_END, NEXT], [ALIAS, NEXT, END, OTHER_END]],
  [
    'with others that lead nowhere',
    ['x.example 5 A 192.0.2.9', NEXT, ALIAS, END],
    [ALIAS, NEXT, END, 'x.example 5 A 192.0.2.9'],
  ],
  ['in a circle', ['b.example 30 CNAME a.example', ALIAS], [ALIAS, 'b.example 30 CNAME a.example']],
] as const) {
  test(`aliases that came ${title} are passed on in their order, before what they lead to`, () => {
    for (const additionals of [[OPT], [], [OPT, recordOf('ns.example 60 A 192.0.2.53')]]) {
      const message = replyWith(given, { additionals })
      assert.deepEqual(relayed(message), lines(expected))
      const { records, bytes } = relay(message, { nowMs: 0, from: 'there', lifetimes: LIFETIMES }).message
      assert.deepEqual(
        records.filter(({ section }) => section === 'answer').map(({ owner }) => formatName(owner)),
        expected.map((line) => `${line.split(' ')[0]}.`),
      )
      // The rest is still there, OPT is not.
      const decoded = packet.decode(bytes)
      assert.deepEqual([decoded.authorities?.length, decoded.additionals?.length], [1, additionals.length > 1 ? 1 : 0])
    }
  })
}

test('each record keeps its own time', () => {
  const { expiresAtMs } = relay(replyWith([END, NEXT, ALIAS]), { nowMs: 0, from: 'there', lifetimes: LIFETIMES })
  assert.deepEqual(expiresAtMs, [60_000, 30_000, 20_000, 60_000])
})

for (const [title, given, type] of [
  ['no aliases', ['a.example 60 A 192.0.2.1', 'a.example 60 A 192.0.2.2'], 'A'],
  ['aliases in order', [ALIAS, NEXT, END], 'A'],
  ['an alias that was asked for', [ALIAS], 'CNAME'],
  ['nothing', [], 'A'],
] as const) {
  test(`a reply with ${title} is left as it is`, () => {
    const message = replyWith(given, { type })
    assert.equal(aliasesFirst(message), message)
    assert.deepEqual(relayed(message), lines(given))
  })
}

test('a reply that would not fit any more is left as it is, with all its records', () => {
  const large = Array.from({ length: 247 }, (): Answer => ({ type: 'TXT', name: '.', ttl: 5, data: 'x'.repeat(251) }))
  const alias: Answer = { type: 'CNAME', name: 'a.example', ttl: 60, data: '.' }
  const questions = [{ name: 'a.example', type: 'TXT' as const }]
  const message = readMessage(packet.encode({ type: 'response', questions, answers: [...large, alias] }))
  assert.equal(aliasesFirst(message), message)
  assert.equal(relay(message, { nowMs: 0, from: 'there', lifetimes: LIFETIMES }).message.records.length, 248)
})
