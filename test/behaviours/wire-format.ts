import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TYPE } from '../../lib/dns/constants.ts'
import { UdpClient } from '../helpers/dns-client.ts'
import { queryPacket, spelled, uint16s } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { BROKEN } from './broken-replies.ts'
import { cpuMs } from './cpu-time.ts'
import { a, record, replyTo } from './message.ts'
import { bad, MAX_TTL_SECONDS, rig } from './main-rig.ts'
import { EACH } from './rig.ts'
import { type Reply, ttlOf } from './reply.ts'

const RD = 0x100
const FORMERR = /^beef 0 FORMERR qr rd ra 0\/0\/0\/0$/

const good = rig.upstream

/** A query with these octets where the question stands. */
const withQuestion = (...octets: readonly Buffer[]): Buffer =>
  Buffer.concat([uint16s(0xbeef, RD, 1, 0, 0, 0), ...octets])
const A_IN = uint16s(TYPE.A, 1)
const label = (octets: Buffer): Buffer => Buffer.concat([Buffer.of(octets.length), octets])
const name = (...labels: readonly (Buffer | string)[]): Buffer =>
  Buffer.concat([...labels.map((one) => label(Buffer.from(one as string, 'latin1'))), Buffer.of(0)])

describe('wire format', { concurrency: 8 }, () => {
  behaviour('WIRE-01', 'a label of a type that there is not is FORMERR', async () => {
    for (let length = 0x40; length < 0xc0; length++) {
      for (const before of [[], [label(Buffer.from('wire01'))]]) {
        const query = withQuestion(...before, Buffer.of(length), Buffer.alloc(length, 'x'), Buffer.of(0), A_IN)
        assert.match((await rig.ask(query)).head, FORMERR, `length ${length}`)
      }
    }
    const over = withQuestion(Buffer.of(0x40), Buffer.alloc(0x40, 'x'), Buffer.of(0), A_IN)
    assert.match((await rig.ask(over, 'tcp')).head, FORMERR)
    assert.equal(good.sawAnywhere('wire01'), 0)
  })

  behaviour('WIRE-03', 'names and labels as long as they may be are names like any other', async () => {
    const letters = (count: number, octets = 1) => Array.from({ length: count }, () => 'X'.repeat(octets))
    // 127 labels of an octet; four labels, the longest as long as they may be; and below a domain of ours.
    const longest = [
      name(...letters(127)),
      name(...letters(3, 63), 'y'.repeat(61)),
      name(...letters(3, 63), ...letters(1, 63 - 2)),
    ]
    for (const one of [...longest, name('y'.repeat(63), 'wire03', 'example')]) {
      for (const via of EACH) {
        const query = queryPacket(one, { id: 0xbeef })
        const got = await rig.ask(query, via)
        assert.equal(got.head, 'beef 0 NOERROR qr rd ra 1/1/0/0')
        assert.deepEqual(got.question, query.subarray(12))
        assert.ok(good.asked.some((asked) => asked.query.includes(one)))
      }
    }
    for (const one of longest) assert.equal(one.length, 255)
    const own = name(...letters(124), 'fleet')
    assert.equal(own.length, 255)
    assert.equal((await rig.ask(queryPacket(own, { id: 0xbeef }))).head, 'beef 0 NXDOMAIN qr aa rd ra 1/0/1/0')
    // One octet more is too many.
    for (const one of [name(...letters(126), 'xx'), name(...letters(3, 63), 'y'.repeat(62)), name(...letters(128))])
      assert.match((await rig.ask(queryPacket(one, { id: 0xbeef }))).head, FORMERR)
  })

  behaviour('WIRE-04', 'a pointer in the question is FORMERR, at next to no cost', async () => {
    const pointers = [0xc00c, 0xc000, 0xc00d, 0xc00e, 0xc010, 0xffff, 0xc005]
    const queries = pointers.flatMap((pointer) => [
      withQuestion(uint16s(pointer), A_IN),
      withQuestion(label(Buffer.from('wire04')), uint16s(pointer), A_IN),
      withQuestion(uint16s(0xc00e), uint16s(pointer), A_IN),
    ])
    for (const query of queries) for (const via of EACH) assert.match((await rig.ask(query, via)).head, FORMERR)
    assert.equal(good.sawAnywhere('wire04'), 0)
    await using client = await UdpClient.open(rig.server())
    const round = async (count: number) => {
      for (let sent = 0; sent < count; sent += queries.length) {
        for (const query of queries) client.send(query)
        for (const _ of queries) await client.next()
      }
    }
    await round(2000)
    const before = await cpuMs(rig.resolver.pid)
    const count = 10_000
    await round(count)
    const eachUs = (1000 * ((await cpuMs(rig.resolver.pid)) - before)) / count
    // Receiving and sending included.
    assert.ok(eachUs < 50, `${eachUs} µs of CPU time for each`)
  })

  behaviour('WIRE-06', 'a packet that ends within the question is FORMERR with its id', async () => {
    for (const one of [
      queryPacket('www.wire06.example', { id: 0xbeef }),
      queryPacket('web.shop.fleet', { id: 0xbeef }),
    ]) {
      for (let length = 12; length < one.length; length++) {
        for (const via of EACH) assert.match((await rig.ask(one.subarray(0, length), via)).head, FORMERR)
      }
      // Without a whole header there is nobody to reply to.
      await using client = await UdpClient.open(rig.server())
      for (let length = 0; length < 12; length++) client.send(one.subarray(0, length))
      await client.ask(one)
      assert.equal(client.waiting, 0)
    }
    for (const { query } of good.askedOf('wire06.example')) assert.ok(query.includes(spelled('www.wire06.example')))
  })

  behaviour('WIRE-09', 'names of any octets are passed on as they are, and told apart', async () => {
    const all = Array.from({ length: 256 }, (_, octet) => octet)
    const labels = [
      Buffer.of(0),
      Buffer.from('a.b'),
      Buffer.from('\\'),
      Buffer.of(0x80),
      Buffer.of(0xff, 0xfe),
      Buffer.from('a\nb"c d'),
      ...Array.from({ length: 5 }, (_, i) => Buffer.from(all.slice(52 * i, 52 * (i + 1)))),
    ]
    for (const one of labels) {
      const asked = name(one.toString('latin1'), 'wire09', 'example')
      const query = queryPacket(asked, { id: 0xbeef })
      for (const via of [...EACH, ...EACH]) {
        const got = await rig.ask(query, via)
        assert.equal(got.head, 'beef 0 NOERROR qr rd ra 1/1/0/0')
        assert.deepEqual(got.question, query.subarray(12))
      }
      // As it is spelled, and once.
      const seen = good.asked.filter((it) => it.query.subarray(12, 12 + asked.length).equals(asked))
      assert.equal(seen.length, 1)
    }
    const addressOf = (it: Reply) => it.answer.map((line) => line.split(' ').at(-1))
    good.on('apart.wire09.example', ({ query }) => [
      replyTo(query, { answer: [a(query.includes(label(Buffer.from('a.b'))) ? '192.0.2.11' : '192.0.2.22')] }),
    ])
    for (let i = 0; i < 2; i++) {
      const asOne = await rig.ask(queryPacket(name('a.b', 'apart', 'wire09', 'example')))
      const asTwo = await rig.ask(queryPacket(name('a', 'b', 'apart', 'wire09', 'example')))
      assert.deepEqual([addressOf(asOne), addressOf(asTwo)], [['192.0.2.11'], ['192.0.2.22']])
    }
    // Letters are the only octets with two spellings: `[` and `{`, or é and É, are two names.
    good.on('case.wire09.example', ({ query }) => [replyTo(query, { answer: [a(`192.0.2.${query[13]}`)] })])
    for (const [one, other] of [
      [0x5b, 0x7b],
      [0x40, 0x60],
      [0xc9, 0xe9],
    ] as const) {
      for (const octet of [one, other]) {
        const got = await rig.ask(queryPacket(name(Buffer.of(octet).toString('latin1'), 'case', 'wire09', 'example')))
        assert.deepEqual(addressOf(got), [`192.0.2.${octet}`])
      }
    }
  })

  behaviour(
    'WIRE-11',
    'a reply of an upstream with wrong lengths is none: another is asked, nothing of it is kept',
    async () => {
      for (const [kind, script] of Object.entries(BROKEN)) {
        for (const place of ['one', 'two']) bad.on(`${kind}.${place}.wire11.example`, script)
        for (const via of EACH) {
          const two = await rig.ask(queryPacket(`${kind}.two.wire11.example`, { id: 0xbeef, edns: {} }), via)
          assert.deepEqual([two.head, two.answer.length], ['beef 0 NOERROR qr rd ra 1/1/0/1', 1], kind)
          assert.match(String(two.answer), / A 192\.0\.2\.1$/)
          const one = await rig.ask(queryPacket(`${kind}.one.wire11.example`, { id: 0xbeef, edns: {} }), via)
          assert.equal(one.head, 'beef 0 SERVFAIL qr rd ra 1/0/0/1', kind)
          assert.ok(!one.octets.includes(Buffer.of(192, 0, 2, 66)))
        }
        assert.ok(bad.askedOf(`${kind}.one.wire11.example`).length > 0)
      }
    },
  )

  behaviour('WIRE-12', 'RDATA of types that nobody knows is passed on and kept octet for octet', async () => {
    const rdatas = ['c00c', '00c00cc00c00', '03777777c00c', 'ff'.repeat(300), '']
    for (const [i, hex] of rdatas.entries()) {
      for (const type of [65_280, 1000, 32_769]) {
        const rdata = Buffer.from(hex, 'hex')
        good.on(`r${i}.wire12.example`, ({ query, type }) => [replyTo(query, { answer: [record(type, rdata)] })])
        for (const via of ['udp', 'tcp', 'udp'] as const) {
          const got = await rig.ask(queryPacket(`r${i}.wire12.example`, { id: 0xbeef, type }), via)
          assert.equal(got.head, 'beef 0 NOERROR qr rd ra 1/1/0/0')
          assert.equal(Buffer.from(got.records[0]?.rdata ?? '', 'latin1').toString('hex'), hex)
        }
      }
      assert.equal(good.askedOf(`r${i}.wire12.example`).length, 3)
    }
  })

  behaviour('WIRE-14', 'HTTPS and SVCB are passed on octet for octet, and their TTL counts down', async () => {
    // Priority 1, target ".": alpn h2, ipv4hint, ech, and a key that nobody knows. And an alias to a name, uncompressed.
    const params = ['0001000302683200', '00040004c0000201', '0005000401020304', 'ff00000100'].join('')
    const rdatas = [
      `000100${params.replace('0001000302683200', '00010003026832')}`,
      `0000${spelled('svc.example').toString('hex')}`,
    ]
    const answers = rdatas.flatMap((hex, i) =>
      [TYPE.HTTPS, TYPE.SVCB].map((type) => ({ hex, type, domain: `t${type}-${i}.wire14.example` })),
    )
    for (const { hex, type, domain } of answers) {
      good.on(domain, ({ query }) => [
        replyTo(query, { answer: [record(type, Buffer.from(hex, 'hex'), { ttl: 300 })] }),
      ])
      assert.equal(ttlOf((await rig.ask(queryPacket(domain, { id: 0xbeef, type }))).answer[0]), 300)
    }
    await sleep(1100)
    for (const { hex, type, domain } of answers) {
      for (const via of EACH) {
        const got = await rig.ask(queryPacket(domain, { id: 0xbeef, type }), via)
        assert.equal(got.head, 'beef 0 NOERROR qr rd ra 1/1/0/0')
        assert.equal(Buffer.from(got.records[0]?.rdata ?? '', 'latin1').toString('hex'), hex)
        assert.ok(ttlOf(got.answer[0]) < 300 && ttlOf(got.answer[0]) > 200)
      }
      assert.equal(good.askedOf(domain).length, 1)
    }
  })

  behaviour('WIRE-15', 'a TTL with the highest bit set is a long one, and no longer than is configured', async () => {
    for (const ttl of [0x8000_0001, 0xffff_ffff, 0x8000_0000, 0x7fff_ffff]) {
      const domain = `t${ttl}.wire15.example`
      good.on(domain, ({ query }) => [replyTo(query, { answer: [a('192.0.2.15', { ttl })] })])
      for (const via of EACH) {
        const got = await rig.ask(queryPacket(domain, { id: 0xbeef }), via)
        const left = ttlOf(got.answer[0])
        assert.ok(left <= MAX_TTL_SECONDS && left > MAX_TTL_SECONDS - 60, String(got.answer))
      }
      assert.equal(good.askedOf(domain).length, 1)
    }
  })
})
