import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { TYPE } from '../../lib/dns/constants.ts'
import { UdpClient } from '../helpers/dns-client.ts'
import { World } from '../helpers/world.ts'
import { queryPacket } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { a, cname, replyTo, soa } from './message.ts'
import { rig } from './main-rig.ts'
import { EACH } from './rig.ts'
import { readReply, untimed } from './reply.ts'

const LOCAL = 'web.shop.svc.cluster.local.'
const NXDOMAIN = 3

const asking = (name: string, type: number = TYPE.A): Buffer => queryPacket(name, { id: 0xbeef, type })

describe('negative answers', { concurrency: 12 }, () => {
  // DESIGN section 3: "a family that the Service lacks: the CNAME and NODATA".
  behaviour('NEG-02', 'AAAA of a Service with IPv4 alone is NODATA', async () => {
    for (const name of ['web.shop.fleet', 'web.shop.fleet.svc.cluster.local']) {
      for (const via of EACH) {
        const got = await rig.ask(asking(name, TYPE.AAAA), via)
        assert.equal(got.head, 'beef 0 NOERROR qr aa rd ra 1/1/1/0')
        assert.deepEqual(untimed(got.answer), [`${name}. CNAME ${LOCAL}`])
        assert.deepEqual(untimed(got.authority), ['cluster.local. SOA minimum 5'])
      }
    }
    const both = await rig.ask(asking('dual.shop.fleet', TYPE.AAAA))
    assert.deepEqual(untimed(both.answer).at(-1), 'dual.shop.svc.cluster.local. AAAA fd00:96:0:0:0:0:0:2')
  })

  // As the case has it, on a clock that is moved; with the real process and a shorter time among those that wait.
  behaviour(
    'NEG-04',
    'a denial is kept as long as TTL and MINIMUM of its SOA both allow, and counts down',
    async () => {
      const world = new World()
      const main = world.upstreams.get('main')
      if (main === undefined) throw new Error('no upstream')
      main.zone.soaTtlSeconds = 900
      main.zone.soaMinimumSeconds = 60
      const authority = async () => (await world.ask('gone.neg04.example')).authority
      assert.match((await authority()).join(), / 60 SOA /)
      await world.clock.pass(10_000)
      assert.match((await authority()).join(), / 50 SOA /)
      assert.equal(main.asked.length, 1)
      await world.clock.pass(50_000)
      assert.match((await authority()).join(), / 60 SOA /)
      assert.equal(main.asked.length, 2)
    },
  )

  behaviour('NEG-05', 'a name that does not exist has no record of any type, and nobody is asked again', async () => {
    rig.upstream.on('neg05.example', ({ query }) => [
      replyTo(query, { rcode: NXDOMAIN, authority: [soa('neg05.example', 900, 60)] }),
    ])
    for (const [i, types] of [
      [TYPE.A, TYPE.AAAA, TYPE.HTTPS, TYPE.TXT, 65_280],
      [TYPE.AAAA, TYPE.A],
    ].entries()) {
      for (const type of types) {
        for (const via of EACH) {
          const got = await rig.ask(asking(`x${i}.neg05.example`, type), via)
          assert.equal(got.head, 'beef 0 NXDOMAIN qr rd ra 1/0/1/0')
          assert.deepEqual(untimed(got.authority), ['neg05.example. SOA minimum 60'])
        }
      }
      assert.equal(rig.upstream.askedOf(`x${i}.neg05.example`).length, 1)
    }
  })

  behaviour('NEG-06', 'that there is no AAAA says nothing of A', async () => {
    rig.upstream.on('neg06.example', ({ query, type }) => [
      replyTo(query, type === TYPE.A ? { answer: [a('192.0.2.6')] } : { authority: [soa('neg06.example', 60, 60)] }),
    ])
    for (const via of EACH) {
      const name = `${via}.neg06.example`
      for (let i = 0; i < 2; i++) {
        assert.equal((await rig.ask(asking(name, TYPE.AAAA), via)).head, 'beef 0 NOERROR qr rd ra 1/0/1/0')
        assert.deepEqual(untimed((await rig.ask(asking(name), via)).answer), [`${name}. A 192.0.2.6`])
      }
      assert.deepEqual(
        rig.upstream.askedOf(name).map(({ type }) => type),
        [TYPE.AAAA, TYPE.A],
      )
    }
  })

  behaviour('NEG-07', 'a denial without an SOA is passed on, and not kept', async () => {
    for (const rcode of [0, NXDOMAIN]) {
      for (const via of EACH) {
        const name = `${via}${rcode}.neg07.example`
        rig.upstream.on(name, ({ query }) => [replyTo(query, { rcode })])
        for (let i = 1; i < 4; i++) {
          const got = await rig.ask(asking(name), via)
          assert.equal(got.head, `beef 0 ${rcode === 0 ? 'NOERROR' : 'NXDOMAIN'} qr rd ra 1/0/0/0`)
          assert.ok(rig.upstream.allOf(name).length >= i)
        }
      }
    }
  })

  behaviour('NEG-09', 'a denial behind an alias keeps the alias, and is the answer to every type', async () => {
    rig.upstream.on('x.neg09.example', ({ query, type }) => [
      type === TYPE.CNAME
        ? replyTo(query, { answer: [cname('y.neg09.example')] })
        : replyTo(query, {
            rcode: NXDOMAIN,
            answer: [cname('y.neg09.example')],
            authority: [soa('neg09.example', 900, 60)],
          }),
    ])
    const asked = () => rig.upstream.askedOf('x.neg09.example').length
    for (const [i, type] of [TYPE.A, TYPE.AAAA, TYPE.TXT].entries()) {
      for (const via of [...EACH, ...EACH]) {
        const got = await rig.ask(asking('x.neg09.example', type), via)
        assert.equal(got.head, 'beef 0 NXDOMAIN qr rd ra 1/1/1/0')
        assert.deepEqual(untimed(got.answer), ['x.neg09.example. CNAME y.neg09.example.'])
        assert.deepEqual(untimed(got.authority), ['neg09.example. SOA minimum 60'])
      }
      assert.equal(asked(), i + 1)
    }
    const alias = await rig.ask(asking('x.neg09.example', TYPE.CNAME))
    assert.deepEqual(
      [alias.head, untimed(alias.answer)],
      ['beef 0 NOERROR qr rd ra 1/1/0/0', ['x.neg09.example. CNAME y.neg09.example.']],
    )
    // It is the name at the end that does not exist (RFC 2308 §2.1).
    const end = await rig.ask(asking('y.neg09.example'))
    assert.equal(end.head, 'beef 0 NXDOMAIN qr rd ra 1/0/1/0')
  })

  behaviour('NEG-12', 'aliases come first and in order, and only what they lead to takes turns', async () => {
    const chain = (ttl: number) => [
      cname('b.neg12.example', { ttl }),
      cname('c.neg12.example', { owner: 'b.neg12.example', ttl }),
      a('192.0.2.121', { owner: 'c.neg12.example', ttl }),
      a('192.0.2.122', { owner: 'c.neg12.example', ttl }),
    ]
    rig.upstream.on('kept.neg12.example', ({ query }) => [replyTo(query, { answer: chain(300) })])
    // Asked anew each time.
    rig.upstream.on('new.neg12.example', ({ query }) => [replyTo(query, { answer: chain(0) })])
    for (const name of ['kept.neg12.example', 'new.neg12.example']) {
      const firsts = new Set<string>()
      for (let i = 0; i < 100; i++) {
        const got = await rig.ask(asking(name), EACH[i % 2])
        assert.equal(got.head, 'beef 0 NOERROR qr rd ra 1/4/0/0')
        const [one, two, ...addresses] = untimed(got.answer)
        assert.deepEqual([one, two], [`${name}. CNAME b.neg12.example.`, 'b.neg12.example. CNAME c.neg12.example.'])
        assert.deepEqual(addresses.toSorted(), ['c.neg12.example. A 192.0.2.121', 'c.neg12.example. A 192.0.2.122'])
        firsts.add(addresses[0] ?? '')
      }
      if (name.startsWith('kept')) assert.equal(firsts.size, 2)
    }
    assert.equal(rig.upstream.askedOf('kept.neg12.example').length, 1)
    assert.ok(rig.upstream.allOf('new.neg12.example').length >= 100)
  })

  // Cloudflare's incident was of a resolver whose aliases came behind the addresses; clients that read once then see none.
  behaviour('NEG-12', 'aliases come first also where the upstream has them elsewhere', async () => {
    const records = [
      a('192.0.2.121', { owner: 'c.neg12.example' }),
      cname('c.neg12.example', { owner: 'b.neg12.example' }),
      cname('b.neg12.example'),
    ]
    rig.upstream.on('mixed.neg12.example', ({ query }) => [replyTo(query, { answer: records })])
    for (const via of [...EACH, ...EACH]) {
      assert.deepEqual(untimed((await rig.ask(asking('mixed.neg12.example'), via)).answer), [
        'mixed.neg12.example. CNAME b.neg12.example.',
        'b.neg12.example. CNAME c.neg12.example.',
        'c.neg12.example. A 192.0.2.121',
      ])
    }
  })

  // A Service that is not there leads to its public name, whose denial it is (DESIGN section 3), with the CNAME.
  behaviour('NEG-15', 'a literal * is a label like any other, and there is no such Service', async () => {
    rig.upstream.on('any.shop.fleet.svc.z1.example.com', ({ query }) => [
      replyTo(query, { rcode: NXDOMAIN, authority: [soa('example.com', 60, 60)] }),
    ])
    for (const via of EACH) {
      for (const name of ['*.shop.fleet', 'web.*.fleet', '*.*.fleet']) {
        const got = await rig.ask(asking(name), via)
        assert.equal(got.head, 'beef 0 NXDOMAIN qr aa rd ra 1/0/1/0')
        assert.deepEqual(untimed(got.authority), ['fleet. SOA minimum 5'])
      }
      const any = await rig.ask(asking('any.shop.fleet'), via)
      assert.equal(any.head, 'beef 0 NXDOMAIN qr aa rd ra 1/1/1/0')
      assert.match(any.answer.join(), /^any\.shop\.fleet\. 5 CNAME any\.shop\.fleet\.svc\./)
    }
    assert.equal(rig.upstream.asked.filter(({ name }) => name.endsWith('.fleet') && name.includes('*')).length, 0)
  })

  behaviour('NEG-17', 'A and AAAA from one socket have a reply each, and both say that the name exists', async () => {
    for (const name of ['web.shop.fleet', 'dual.shop.fleet', 'out.shop.fleet', 'dead.shop.fleet', 'neg17.example']) {
      await using client = await UdpClient.open(rig.server())
      for (let round = 0; round < 20; round++) {
        const ids = [2 * round + 1, 2 * round + 2]
        client.send(queryPacket(name, { id: ids[0] ?? 0 }))
        client.send(queryPacket(name, { id: ids[1] ?? 0, type: TYPE.AAAA }))
        const replies = [(await client.next()).octets, (await client.next()).octets].map(readReply)
        const seen = replies.map(({ octets }) => octets.readUInt16BE(0)).toSorted((x, y) => x - y)
        assert.deepEqual(seen, ids)
        for (const { rcode } of replies) assert.equal(rcode, 0)
      }
      assert.equal(client.waiting, 0)
    }
  })
})
