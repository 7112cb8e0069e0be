import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { TYPE } from '../../lib/dns/constants.ts'
import { queryPacket } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { replyTo, txt } from './message.ts'
import { BIG_ADDRESSES, rig, truncating } from './main-rig.ts'
import { silent } from './scripted-server.ts'

const QUESTION_AND_HEADER = (name: string): number => 12 + name.length + 2 + 4
/** Of a TXT record at the name of the question, beside its strings. */
const RECORD = 12

const ask = (name: string, via: 'udp' | 'tcp', payloadOctets?: number) =>
  rig.ask(queryPacket(name, { id: 0xbeef, type: TYPE.TXT, ...(payloadOctets && { edns: { payloadOctets } }) }), via)

/** From now on the name has an answer of so many octets, which comes over TCP alone. */
function sized(name: string, octets: number, server = rig.upstream): void {
  const rdata = octets - QUESTION_AND_HEADER(name) - RECORD
  server.on(name, ({ query, transport }) => [
    transport === 'tcp' ? replyTo(query, { answer: [txt(rdata)] }) : replyTo(query, { flags: 0x200 }),
  ])
}

describe('truncation', { concurrency: 8 }, () => {
  behaviour('TC-03', 'over TCP the whole answer comes, without TC', async () => {
    for (const octets of [513, 1233, 3000, 16_384, 60_000]) {
      const name = `n${octets}.tc03.udp.example`
      sized(name, octets)
      assert.equal((await ask(name, 'udp')).head, 'beef 0 NOERROR qr tc rd ra 1/0/0/0')
      assert.equal(
        (await ask(name, 'udp', 65_535)).head.replace(/\d+\/\d+\/\d+\/\d+$/, ''),
        `beef 0 NOERROR qr ${octets > 1221 ? 'tc ' : ''}rd ra `,
      )
      for (const payload of [undefined, 512, 1232]) {
        const got = await ask(name, 'tcp', payload)
        assert.equal(got.head, `beef 0 NOERROR qr rd ra 1/1/0/${payload === undefined ? 0 : 1}`)
        assert.equal(got.octets.length, octets + (payload === undefined ? 0 : 11))
      }
    }
  })

  behaviour('TC-05', 'of one answer in the cache each client gets what it can take', async () => {
    for (const [octets, edns] of [
      [900, ''],
      [3000, 'tc '],
    ] as const) {
      const name = `n${octets}.tc05.udp.example`
      sized(name, octets)
      assert.equal((await ask(name, 'tcp')).octets.length, octets)
      for (let i = 0; i < 2; i++) {
        const plain = await ask(name, 'udp')
        assert.equal(plain.head, 'beef 0 NOERROR qr tc rd ra 1/0/0/0')
        const capped = await ask(name, 'udp', 4096)
        assert.equal(capped.head, `beef 0 NOERROR qr ${edns}rd ra 1/${edns === '' ? 1 : 0}/0/1`)
        assert.ok(capped.octets.length <= 1232)
        assert.equal((await ask(name, 'tcp')).octets.length, octets)
      }
      // A truncated reply and the whole one.
      const ways = rig.upstream.allOf(name).map(({ transport }) => transport)
      assert.deepEqual([...new Set(ways)], ['udp', 'tcp'])
      assert.ok(ways.length < 6)
    }
    // What was truncated and could not be had as a whole is not kept.
    truncating.on('never.tc05.truncated.example', (asked) =>
      asked.transport === 'tcp' ? silent(asked) : [replyTo(asked.query, { flags: 0x200 })],
    )
    const failed = await ask('never.tc05.truncated.example', 'udp', 1232)
    assert.match(failed.head, /^beef 0 (SERVFAIL qr rd ra|NOERROR qr tc rd ra) 1\/0\/0\/1$/)
    sized('never.tc05.truncated.example', 300, truncating)
    await new Promise((resolve) => setTimeout(resolve, 1200))
    assert.equal((await ask('never.tc05.truncated.example', 'udp', 1232)).head, 'beef 0 NOERROR qr rd ra 1/1/0/1')
  })

  behaviour('TC-06', 'without EDNS 512 octets fit, and 513 do not; with it as many as it says', async () => {
    for (const [limit, payload] of [
      [512, undefined],
      [512, 512],
      [512, 100],
      [700, 700],
      [1232, 1232],
      [1232, 4096],
    ] as const) {
      const opt = payload === undefined ? 0 : 11
      for (const [octets, tc] of [
        [limit - opt, ''],
        [limit - opt + 1, 'tc '],
      ] as const) {
        const name = `n${octets}-${payload ?? 0}.tc06.udp.example`
        sized(name, octets)
        for (let i = 0; i < 2; i++) {
          const got = await ask(name, 'udp', payload)
          const counts = `1/${tc === '' ? 1 : 0}/0/${opt === 0 ? 0 : 1}`
          assert.equal(got.head, `beef 0 NOERROR qr ${tc}rd ra ${counts}`, name)
          if (tc === '') assert.equal(got.octets.length, limit)
        }
      }
    }
  })

  behaviour('TC-07', 'of more addresses than any message holds each reply has whole ones, others in turn', async () => {
    const seen = new Set<string>()
    for (const name of ['big.shop.fleet', 'big.shop.fleet.svc.cluster.local']) {
      for (let i = 0; i < 6; i++) {
        const got = await rig.ask(queryPacket(name, { id: 0xbeef }), 'tcp')
        assert.match(got.head, /^beef 0 NOERROR qr aa rd ra 1\/\d+\/0\/0$/)
        assert.ok(got.octets.length <= 65_535 && got.octets.length > 64_000, String(got.octets.length))
        const addresses = got.answer.slice(1).map((line) => line.split(' ').at(-1) ?? '')
        assert.equal(new Set(addresses).size, addresses.length)
        assert.ok(addresses.every((one) => BIG_ADDRESSES.has(one)))
        seen.add(addresses[0] ?? '')
      }
      assert.equal(
        (await rig.ask(queryPacket(name, { id: 0xbeef }), 'udp')).head,
        'beef 0 NOERROR qr aa tc rd ra 1/0/0/0',
      )
    }
    assert.ok(seen.size > 1)
    assert.ok((await rig.metric('feddns_records_left_out_total')) > 0)
  })
})
