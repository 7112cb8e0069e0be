import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { TYPE } from '../../lib/dns/constants.ts'
import { queryPacket, spelled, uint16s } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { a, hasOpt, record, replyTo, soa } from './message.ts'
import { rig } from './main-rig.ts'
import { EACH, Rig } from './rig.ts'
import { untimed } from './reply.ts'
import { type Script, ScriptedServer } from './scripted-server.ts'

const [RD, AD, CD, DO] = [0x100, 0x20, 0x10, 0x8000]

const wantsSignatures = (query: Buffer): boolean => hasOpt(query) && (query.readUInt16BE(query.length - 4) & DO) !== 0
const isCheckingDisabled = (query: Buffer): boolean => (query.readUInt16BE(2) & CD) !== 0

/** The signature of the addresses at the name of the question. */
const SIGNATURE = record(
  TYPE.RRSIG,
  Buffer.concat([uint16s(TYPE.A), Buffer.of(13, 2), Buffer.alloc(14, 1), spelled('example'), Buffer.alloc(64, 7)]),
)
const signed: Script = ({ query }) => [
  replyTo(query, { flags: AD, answer: [a('192.0.2.5'), ...(wantsSignatures(query) ? [SIGNATURE] : [])] }),
]

describe('flags', { concurrency: 8 }, () => {
  behaviour('FLG-01', 'AD of an upstream that is not trusted is not passed on, whatever is asked', async () => {
    rig.upstream.on('flg01.example', signed)
    for (const via of EACH) {
      for (let i = 0; i < 2; i++) {
        for (const [flags, edns] of [
          [RD, undefined],
          [RD | AD, undefined],
          [RD, { flags: DO }],
          [RD | AD, { flags: DO }],
          [RD | AD | CD, { flags: DO }],
        ] as const) {
          const query = queryPacket(`${via}.flg01.example`, { id: 0xbeef, flags, ...(edns && { edns }) })
          const got = await rig.ask(query, via)
          assert.match(got.head, /^beef 0 NOERROR qr rd ra (cd )?1\/[12]\/0\/[01]$/)
          const own = await rig.ask(queryPacket('web.shop.fleet', { id: 0xbeef, flags, ...(edns && { edns }) }), via)
          assert.match(own.head, /^beef 0 NOERROR qr aa rd ra (cd )?1\/2\/0\/[01]$/)
        }
      }
    }
  })

  behaviour('FLG-01', 'AD of an upstream that is trusted is told to whoever understands it', async () => {
    await using other = await ScriptedServer.start()
    await using trusting = await Rig.start({
      config: { forward: { upstreams: [`tcp://${other.place}`], trustAD: [`tcp://${other.place}`] } },
    })
    other.on('flg01.example', signed)
    for (const via of EACH) {
      for (const [flags, edns, ad] of [
        [RD, undefined, ''],
        [RD | AD, undefined, 'ad '],
        [RD, { flags: DO }, 'ad '],
      ] as const) {
        const query = queryPacket(`${via}.flg01.example`, { id: 0xbeef, flags, ...(edns && { edns }) })
        for (let i = 0; i < 2; i++)
          assert.match((await trusting.ask(query, via)).head, new RegExp(`^beef 0 NOERROR qr rd ra ${ad}1/`))
      }
    }
  })

  behaviour('FLG-03', 'CD goes to the upstream as it was sent, and neither answer stands for the other', async () => {
    rig.upstream.on('flg03.example', ({ query }) => [
      isCheckingDisabled(query)
        ? replyTo(query, { flags: CD, answer: [a('192.0.2.3')] })
        : replyTo(query, { rcode: 2 }),
    ])
    for (const via of EACH) {
      for (const edns of [undefined, {}, { flags: DO }]) {
        const asked = `${via}${edns === undefined ? '' : (edns.flags ?? 0)}.flg03.example`
        const ask = async (flags: number) =>
          (await rig.ask(queryPacket(asked, { id: 0xbeef, flags, ...(edns && { edns }) }), via)).head.replace(/\d$/, '')
        for (let i = 0; i < 2; i++) {
          assert.equal(await ask(RD), 'beef 0 SERVFAIL qr rd ra 1/0/0/')
          assert.equal(await ask(RD | CD), 'beef 0 NOERROR qr rd ra cd 1/1/0/')
        }
        assert.equal(await ask(RD), 'beef 0 SERVFAIL qr rd ra 1/0/0/')
        const seen = rig.upstream.askedOf(asked).map(({ query }) => isCheckingDisabled(query))
        assert.deepEqual(new Set(seen), new Set([false, true]))
        assert.equal(seen.filter((cd) => cd).length, 1)
      }
    }
  })

  behaviour('FLG-04', 'signatures are for those who ask for them, also from the cache', async () => {
    rig.upstream.on('flg04.example', signed)
    for (const via of EACH) {
      const asked = `${via}.flg04.example`
      const types = async (edns?: { flags: number }) => {
        const got = await rig.ask(queryPacket(asked, { id: 0xbeef, ...(edns && { edns }) }), via)
        return got.records.map(({ type }) => type)
      }
      for (let i = 0; i < 3; i++) {
        assert.deepEqual(await types({ flags: DO }), [TYPE.A, TYPE.RRSIG])
        assert.deepEqual(await types({ flags: 0 }), [TYPE.A])
        assert.deepEqual(await types(), [TYPE.A])
      }
      assert.deepEqual(
        rig.upstream.askedOf(asked).map(({ query }) => wantsSignatures(query)),
        [true, false],
      )
    }
  })

  // The name that a Service leads to stands behind its own (DESIGN section 3: FED CNAME LOCAL, LOCAL CNAME target).
  behaviour('FLG-07', 'AA is of the first owner, and the rcode of the last name', async () => {
    rig.upstream.on('gone.flg07.example', ({ query }) => [
      replyTo(query, { rcode: 3, authority: [soa('flg07.example', 60, 60)] }),
    ])
    rig.upstream.on('failed.flg07.example', ({ query }) => [replyTo(query, { rcode: 2 })])
    for (const via of EACH) {
      const chain = (name: string) => [`${name}.shop.fleet. CNAME ${name}.shop.svc.cluster.local.`]
      const found = await rig.ask(queryPacket('out.shop.fleet', { id: 0xbeef }), via)
      assert.equal(found.head, 'beef 0 NOERROR qr aa rd ra 1/3/0/0')
      assert.deepEqual(untimed(found.answer), [
        ...chain('out'),
        'out.shop.svc.cluster.local. CNAME out.elsewhere.example.',
        'out.elsewhere.example. A 192.0.2.1',
      ])
      const gone = await rig.ask(queryPacket('gone.shop.fleet', { id: 0xbeef }), via)
      assert.equal(gone.head, 'beef 0 NXDOMAIN qr aa rd ra 1/2/1/0')
      assert.deepEqual(untimed(gone.answer), [
        ...chain('gone'),
        'gone.shop.svc.cluster.local. CNAME gone.flg07.example.',
      ])
      assert.deepEqual(untimed(gone.authority), ['flg07.example. SOA minimum 60'])
      // DESIGN section 3: AA is 0 on SERVFAIL, which has the links found.
      const failed = await rig.ask(queryPacket('failed.shop.fleet', { id: 0xbeef }), via)
      assert.equal(failed.head, 'beef 0 SERVFAIL qr rd ra 1/2/0/0')
    }
  })
})
