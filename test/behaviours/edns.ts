import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { TYPE } from '../../lib/dns/constants.ts'
import { TcpClient } from '../helpers/dns-client.ts'
import { ednsOption, optRecord, queryPacket, spelled, uint16s } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { cpuMs } from './cpu-time.ts'
import { replyTo, txt } from './message.ts'
import { rig } from './main-rig.ts'
import { EACH, type Via } from './rig.ts'
import type { Reply } from './reply.ts'

const RD = 0x100
const OPT = { NSID: 3, COOKIE: 10, KEEPALIVE: 11, PADDING: 12, EDE: 15 }
const BARE = 'web.shop.fleet'
const GOOD = 'beef 0 NOERROR qr aa rd ra 1/2/0/1'

type Edns = NonNullable<Parameters<typeof queryPacket>[1]>['edns']
const asking = (edns: Edns, name = BARE, type: number = TYPE.A): Buffer =>
  queryPacket(name, { id: 0xbeef, type, ...(edns && { edns }) })

/** OPT as it has to be, whatever the query had. */
const optOf = ({ opt }: Reply) => opt && { ...opt, options: undefined, rdata: undefined }
const OURS = { payloadOctets: 1232, extendedRcode: 0, version: 0, flags: 0, options: undefined, rdata: undefined }
const contentsOf = ({ options }: Reply, code: number): Buffer[] =>
  options.flatMap(([one, content]) => (one === code ? [content] : []))

describe('EDNS', { concurrency: 8 }, () => {
  behaviour('EDNS-01', 'a query with OPT has one OPT in the reply, ours', async () => {
    for (const payloadOctets of [0, 511, 512, 1232, 4096, 65_535]) {
      for (const name of [BARE, 'edns01.example', 'gone.x.y.fleet', 'edns01.invalid']) {
        for (const via of EACH) {
          const got = await rig.ask(asking({ payloadOctets }, name), via)
          assert.deepEqual(optOf(got), OURS)
          assert.deepEqual(got.options, [])
        }
      }
    }
    // And none where there was none.
    for (const via of EACH) assert.equal((await rig.ask(asking(undefined), via)).opt, undefined)
  })

  behaviour('EDNS-04', 'another version than 0 is BADVERS in an OPT of version 0, without options', async () => {
    for (const version of [1, 2, 127, 255]) {
      for (const name of [BARE, 'edns04.example']) {
        for (const via of EACH) {
          const options = ednsOption(100, Buffer.alloc(8, 7))
          const got = await rig.ask(asking({ version, options, flags: 0x8000 }, name), via)
          assert.equal(got.head, 'beef 0 BADVERS qr rd ra 1/0/0/1')
          assert.deepEqual(optOf(got), { ...OURS, extendedRcode: 1, flags: 0x8000 })
          assert.deepEqual(got.options, [])
        }
      }
    }
    assert.equal(rig.upstream.sawAnywhere('edns04'), 0)
  })

  behaviour('EDNS-05', 'unknown options are ignored, and not echoed', async () => {
    // Those with a meaning that is none of ours: LLQ, UL, DAU, DHU, N3U, ECS, EXPIRE, CHAIN, KEY-TAG, EDE, client and
    // server tags, report channel, zone version.
    for (const code of [0, 1, 2, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 18, 19, 100, 20_292, 26_946, 65_001, 65_535]) {
      for (const octets of [0, 1, 8, 300]) {
        const got = await rig.ask(asking({ options: ednsOption(code, Buffer.alloc(octets, 1)) }))
        assert.equal(got.head, GOOD)
        assert.deepEqual([optOf(got), got.options], [OURS, []])
      }
    }
    const many = Buffer.concat([ednsOption(100, Buffer.alloc(8)), ednsOption(101), ednsOption(100)])
    for (const via of EACH) {
      const got = await rig.ask(asking({ options: many }, 'edns05.example'), via)
      assert.deepEqual([got.head, got.options], ['beef 0 NOERROR qr rd ra 1/1/0/1', []])
    }
  })

  behaviour('EDNS-06', 'reserved flags of OPT are ignored, and not copied', async () => {
    for (let bit = 0; bit < 15; bit++) {
      for (const via of EACH) {
        const got = await rig.ask(asking({ flags: 1 << bit }), via)
        assert.deepEqual([got.head, optOf(got)], [GOOD, OURS])
      }
    }
    assert.deepEqual(optOf(await rig.ask(asking({ flags: 0x7fff }, 'edns06.example'))), OURS)
    const [{ query } = { query: Buffer.alloc(0) }] = rig.upstream.askedOf('edns06.example')
    assert.deepEqual(query.subarray(-11), optRecord())
  })

  behaviour('EDNS-07', 'DO is copied into the OPT of the reply', async () => {
    for (const [flags, expected] of [
      [0x8000, 0x8000],
      [0xffff, 0x8000],
      [0, 0],
    ] as const) {
      for (const [name, head] of [
        [BARE, GOOD],
        ['edns07.example', 'beef 0 NOERROR qr rd ra 1/1/0/1'],
      ] as const) {
        for (const via of EACH) {
          const got = await rig.ask(asking({ flags }, name), via)
          assert.deepEqual([got.head, optOf(got)], [head, { ...OURS, flags: expected }])
        }
      }
    }
  })

  behaviour(
    'EDNS-10',
    'OPT in ANSWER or AUTHORITY is FORMERR; so are two, and one that is not at the root',
    async () => {
      const question = Buffer.concat([spelled('edns10.example'), uint16s(TYPE.A, 1)])
      const atName = Buffer.concat([spelled('example'), optRecord().subarray(1)])
      for (const [counts, ...records] of [
        [[1, 1, 0, 0], optRecord()],
        [[1, 0, 1, 0], optRecord()],
        [[1, 1, 0, 1], optRecord(), optRecord()],
        [[1, 0, 0, 2], optRecord(), optRecord()],
        [[1, 0, 0, 1], atName],
      ] as const) {
        for (const via of EACH) {
          const got = await rig.ask(Buffer.concat([uint16s(0xbeef, RD, ...counts), question, ...records]), via)
          assert.match(got.head, /^beef 0 FORMERR qr rd ra [01]\/0\/0\/[01]$/)
        }
      }
      assert.equal(rig.upstream.sawAnywhere('edns10'), 0)
    },
  )

  behaviour(
    'EDNS-13',
    'no reply over UDP is longer than 1232 octets, however much a client says it takes',
    async () => {
      rig.upstream.on('edns13.udp.example', ({ query, transport }) => [
        transport === 'udp' ? replyTo(query, { flags: 0x200 }) : replyTo(query, { answer: [txt(3000)] }),
      ])
      for (const payloadOctets of [65_535, 4096, 1400, 1233, 1232]) {
        const got = await rig.ask(asking({ payloadOctets }, 'edns13.udp.example', TYPE.TXT))
        assert.equal(got.head, 'beef 0 NOERROR qr tc rd ra 1/0/0/1')
        assert.ok(got.octets.length <= 1232)
        assert.deepEqual(optOf(got), OURS)
      }
    },
  )

  behaviour('EDNS-14', 'thousands of options cost next to nothing, and come back once at most', async () => {
    const none = await rig.ask(asking({}), 'tcp')
    const queries = [
      ...[0, 100, OPT.NSID, OPT.PADDING].map((code) =>
        Buffer.concat(Array.from({ length: 16_000 }, () => ednsOption(code))),
      ),
      ...[OPT.NSID, OPT.COOKIE, OPT.PADDING, OPT.KEEPALIVE].map((code) =>
        Buffer.concat(
          Array.from({ length: 500 }, () => ednsOption(code, Buffer.alloc(code === OPT.COOKIE ? 8 : 0, 5))),
        ),
      ),
    ].map((options) => asking({ options }))
    for (const query of queries) {
      const got = await rig.ask(query, 'tcp')
      assert.ok(
        [none.head, 'beef 0 FORMERR qr rd ra 1/0/0/1', 'beef 0 FORMERR qr rd ra 0/0/0/1'].includes(got.head),
        got.head,
      )
      const codes = got.options.map(([code]) => code)
      assert.equal(new Set(codes).size, codes.length)
    }
    await using connection = await TcpClient.open(rig.server())
    // The first of them are compiled.
    for (let i = 0; i < 50; i++) await connection.ask(queries[i % queries.length] as Buffer)
    const before = await cpuMs(rig.resolver.pid)
    const count = 400
    for (let i = 0; i < count; i++) await connection.ask(queries[i % queries.length] as Buffer)
    const eachMs = ((await cpuMs(rig.resolver.pid)) - before) / count
    assert.ok(eachMs < 1, `${eachMs} ms of CPU time for each`)
  })

  behaviour('EDNS-15', 'NSID is not told where none is configured', async () => {
    for (const via of EACH)
      assert.deepEqual((await rig.ask(asking({ options: ednsOption(OPT.NSID) }), via)).options, [])
  })

  behaviour('EDNS-20', 'why there is no answer is told to whoever has EDNS, and only to them', async () => {
    const bothOf = async (via: Via) => {
      const plain = await rig.ask(asking(undefined, `${via}.edns20.mute.example`), via)
      assert.equal(plain.head, 'beef 0 SERVFAIL qr rd ra 1/0/0/0')
      const asked = await rig.ask(asking({}, `${via}.edns20.mute.example`), via)
      assert.equal(asked.head, 'beef 0 SERVFAIL qr rd ra 1/0/0/1')
      assert.ok([22, 23].includes(asked.errors[0] ?? 0), String(asked.errors))
    }
    await Promise.all(EACH.map(bothOf))
  })

  behaviour('EDNS-21', 'nothing is padded over UDP and TCP', async () => {
    for (const via of EACH) {
      const plain = await rig.ask(asking({}), via)
      for (const octets of [0, 1, 100]) {
        const padded = await rig.ask(asking({ options: ednsOption(OPT.PADDING, Buffer.alloc(octets)) }), via)
        assert.deepEqual([padded.octets.length, padded.options], [plain.octets.length, []])
      }
    }
  })

  behaviour('EDNS-17', 'without the setting no client gets a cookie, nor is refused for want of one', async () => {
    for (const cookie of [Buffer.alloc(8, 7), Buffer.alloc(24, 1)]) {
      for (const via of EACH) {
        const got = await rig.ask(asking({ options: ednsOption(OPT.COOKIE, cookie) }), via)
        assert.deepEqual([got.head, got.options], [GOOD, []])
      }
    }
  })

  behaviour('EDNS-23', 'over TCP a client is told how long a connection may be idle, if it asks', async () => {
    const query = asking({ options: ednsOption(OPT.KEEPALIVE) })
    const [content, ...others] = contentsOf(await rig.ask(query, 'tcp'), OPT.KEEPALIVE)
    // Units of 100 ms.
    assert.deepEqual([content, others], [uint16s(100), []])
    assert.deepEqual((await rig.ask(asking({}), 'tcp')).options, [])
    // Over UDP it is ignored (RFC 7828 §3.2.2).
    assert.deepEqual((await rig.ask(query)).options, [])
  })
})
