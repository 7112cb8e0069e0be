import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { ednsOption, optRecord, queryPacket } from '../helpers/packets.ts'
import { askAlike } from './ask-alike.ts'
import { behaviour } from './behaviour.ts'
import { a, extendedError, hasOpt, questionEndOf, replyTo, soa } from './message.ts'
import { EACH } from './rig.ts'
import { untimed } from './reply.ts'
import { after as later, USUAL_ADDRESS, usual } from './scripted-server.ts'
import { overTcp, overUdp as one, rig } from './upstream-rigs.ts'

// What upstreams are asked, how often, and what of their reply is told.

const CD = 0x10
const DO = 0x8000

const asking = (name: string, parts: Parameters<typeof queryPacket>[1] = {}): Buffer =>
  queryPacket(name, { id: 0xbeef, ...parts })

describe('questions to upstreams', { concurrency: 12 }, () => {
  behaviour('UP-15', 'a thousand who ask the same at once are one question, and have a reply each', async () => {
    // One question, repeated while its reply is late: once on another connection, a few times over UDP.
    for (const [name, server, most] of [
      ['www.up15.tcp.example', overTcp, 2],
      ['www.up15.example', one, 10],
    ] as const) {
      server.on(name, later(300, usual))
      // Many sockets, so that none has to hold all the replies.
      await Promise.all(Array.from({ length: 20 }, (_, i) => askAlike(rig.server(), name, [50 * i, 50])))
      const count = server.allOf(name).length
      assert.ok(count >= 1 && count <= most, `${count} questions to ${server.place}`)
    }
  })

  behaviour('UP-16', 'DO and CD make four questions of one name, and nothing else does', async () => {
    overTcp.on(
      'up16.tcp.example',
      later(150, ({ query }) => {
        const cd = (query.readUInt16BE(2) & CD) !== 0
        const wantsAll = hasOpt(query) && (query.readUInt16BE(query.length - 4) & DO) !== 0
        return [replyTo(query, { answer: [a(`192.0.2.${(cd ? 2 : 0) + (wantsAll ? 1 : 0)}`)] })]
      }),
    )
    const options = [
      undefined,
      ednsOption(8, Buffer.from('000118000a0102', 'hex')),
      ednsOption(8, Buffer.from('000118000a0909', 'hex')),
    ]
    const asked = [0, 1, 2, 3].flatMap((which) =>
      options.flatMap((option) =>
        Array.from({ length: 5 }, async () => {
          const flags = 0x100 | (which & 2 ? CD : 0)
          const edns = { flags: which & 1 ? DO : 0, ...(option && { options: option }) }
          const got = await rig.ask(asking('www.up16.tcp.example', { flags, edns }))
          assert.deepEqual(untimed(got.answer), [`www.up16.tcp.example. A 192.0.2.${which}`])
        }),
      ),
    )
    await Promise.all(asked)
    const seen = overTcp.allOf('up16.tcp.example').map(({ query }) => query)
    // Each may be repeated on another connection, as the reply is late; three kinds of each would be twelve.
    assert.equal(new Set(seen.map((query) => query.toString('latin1', 2))).size, 4)
    assert.ok(seen.length <= 8, `${seen.length}`)
    for (const query of seen) assert.deepEqual(query.subarray(-2), Buffer.alloc(2))
  })

  behaviour('UP-19', 'what is for one hop stays there: the upstream gets an OPT of ours, the client too', async () => {
    const cookie = ednsOption(10, Buffer.from('0123456789abcdef', 'hex'))
    const keepalive = ednsOption(11)
    const padding = ednsOption(12, Buffer.alloc(30))
    const subnet = ednsOption(8, Buffer.from('000118000a0102', 'hex'))
    const options = Buffer.concat([cookie, keepalive, padding, subnet, ednsOption(65_001, Buffer.from('mine'))])
    // The upstream says what is between it and us.
    one.on('up19.example', ({ query }) => [
      replyTo(query, {
        answer: [a(USUAL_ADDRESS)],
        options: Buffer.concat([cookie, ednsOption(65_002, Buffer.from('theirs'))]),
      }),
    ])
    for (const via of EACH) {
      for (const flags of [0, DO]) {
        const name = `${via}${flags}.up19.example`
        const got = await rig.ask(asking(name, { edns: { payloadOctets: 4096, flags, options } }), via)
        assert.equal(got.head, 'beef 0 NOERROR qr rd ra 1/1/0/1')
        assert.deepEqual([got.opt?.payloadOctets, got.opt?.flags], [1232, flags])
        // Keepalive is ours to give, over TCP.
        assert.deepEqual(
          got.options.filter(([code]) => code !== 11),
          [],
        )
        const [{ query } = { query: Buffer.alloc(0) }] = one.allOf(name)
        assert.deepEqual(query.subarray(questionEndOf(query)), optRecord({ flags }))
        assert.deepEqual(query.subarray(2, 12), Buffer.from('01000001000000000001', 'hex'))
        // A client without EDNS, and one with it: neither gets what was said to another.
        assert.equal((await rig.ask(asking(name), via)).opt, undefined)
      }
    }
    // Also for a client that has no EDNS the upstream is asked with it.
    await rig.ask(asking('plain.up19.example'))
    const [{ query } = { query: Buffer.alloc(0) }] = one.allOf('plain.up19.example')
    assert.deepEqual(query.subarray(questionEndOf(query)), optRecord())
  })

  behaviour('UP-20', 'why the upstream says so is told, from the cache as well', async () => {
    for (const [rcode, code, name] of [
      [2, 6, 'bogus.up20.tcp.example'],
      [3, 15, 'blocked.up20.tcp.example'],
      [0, 4, 'forged.up20.tcp.example'],
    ] as const) {
      overTcp.on(name, ({ query }) => [
        replyTo(query, {
          rcode,
          ...(rcode === 0 && { answer: [a(USUAL_ADDRESS)] }),
          ...(rcode === 3 && { authority: [soa('up20.example', 60, 60)] }),
          options: extendedError(code, 'said the upstream'),
        }),
      ])
      let hits = 0
      for (const via of [...EACH, ...EACH, ...EACH]) {
        const before = overTcp.allOf(name).length
        const got = await rig.ask(asking(name, { edns: {} }), via)
        if (overTcp.allOf(name).length === before) hits++
        assert.equal(got.rcode, rcode)
        const said = got.options.find(([option, content]) => option === 15 && content.readUInt16BE(0) === code)
        assert.equal(said?.[1].toString('utf8', 2), 'said the upstream', name)
        assert.equal((await rig.ask(asking(name), via)).opt, undefined)
      }
      // A failure is kept for a second only.
      assert.ok(hits > 0 && (rcode === 2 || hits >= 3), `${hits}`)
    }
  })

  behaviour('UP-23', 'over TCP questions share a few connections, and replies in any order are matched', async () => {
    const waiting: (() => void)[] = []
    overTcp.on('up23.tcp.example', async ({ query, name }) => {
      const turn = Promise.withResolvers<void>()
      waiting.push(turn.resolve)
      // The last one first.
      const release = () => waiting.toReversed().forEach((go) => void setImmediate(go))
      if (waiting.length >= 50) release()
      // On a busy machine not all of them are here in time.
      else if (waiting.length === 1) setTimeout(release, 700)
      await turn.promise
      return [replyTo(query, { answer: [a(`192.0.2.${Number(/^n(\d+)\./.exec(name)?.[1])}`)] })]
    })
    const before = await rig.metric(`feddns_upstream_connections_opened_total{upstream="tcp://${overTcp.place}"}`)
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const got = await rig.ask(asking(`n${i}.up23.tcp.example`), EACH[i % 2])
        assert.deepEqual(untimed(got.answer), [`n${i}.up23.tcp.example. A 192.0.2.${i}`])
      }),
    )
    const opened =
      (await rig.metric(`feddns_upstream_connections_opened_total{upstream="tcp://${overTcp.place}"}`)) - before
    assert.ok(opened <= 8, `${opened} connections`)
    assert.deepEqual(new Set(overTcp.allOf('up23.tcp.example').map(({ transport }) => transport)), new Set(['tcp']))
  })
})
