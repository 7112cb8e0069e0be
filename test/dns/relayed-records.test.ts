import assert from 'node:assert/strict'
import { test } from 'node:test'
import packet from 'dns-packet'
import { TTL_ZERO } from '../../lib/dns/answer.ts'
import { readMessage } from '../../lib/dns/message.ts'
import { formatName, parseName } from '../../lib/dns/name.ts'
import { aliasTarget } from '../../lib/dns/record.ts'
import { sectionsOf } from '../../lib/dns/relayed-records.ts'
import { relayedAt } from './relayed-at.ts'
import { relay } from '../../lib/forward/relay.ts'
import { addresses, NOW_MS } from './replying.ts'

test('the records of a relayed message stand on their own: names in full, when each runs down, no additional ones', () => {
  const reply = packet.encode({
    type: 'response',
    questions: [{ type: 'A', name: 'web' }],
    answers: [
      { type: 'CNAME', name: 'web', ttl: 300, data: 'end.shop' },
      { type: 'A', name: 'end.shop', ttl: 0, data: '192.0.2.1' },
    ],
    authorities: [{ type: 'NS', name: 'shop', ttl: 60, data: 'ns.shop' }],
    additionals: [{ type: 'A', name: 'ns.shop', ttl: 60, data: '192.0.2.9' }],
  })
  const { answer, authority } = sectionsOf(relay(readMessage(reply), relayedAt(NOW_MS)))
  assert.deepEqual(
    [...answer, ...authority].map(({ owner, expiresAtMs }) => [formatName(owner), expiresAtMs]),
    [
      ['web.', NOW_MS + 300_000],
      ['end.shop.', TTL_ZERO],
      ['shop.', NOW_MS + 60_000],
    ],
  )
  assert.equal(answer[0] && aliasTarget(answer[0]), parseName('end.shop'))
})

test('the records of an answer of ours are those that it has', () => {
  const answer = addresses(['10.0.0.1'], ['end'])
  assert.deepEqual(sectionsOf(answer).answer, answer.answer)
})
