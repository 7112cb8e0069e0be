import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { TYPE } from '../../lib/dns/constants.ts'
import { queryPacket, spelled, uint16s } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { record, replyTo, soa } from './message.ts'
import { rig } from './main-rig.ts'
import { EACH } from './rig.ts'
import { untimed } from './reply.ts'
import { usual } from './scripted-server.ts'

const CHAOS = 3
const RD = 0x100
const FED = 'web.shop.fleet.svc.cluster.local'
const BARE = 'web.shop.fleet'
const LOCAL = 'web.shop.svc.cluster.local.'

const asking = (name: string, type: number, edns = false): Buffer =>
  queryPacket(name, { id: 0xbeef, type, ...(edns && { edns: {} }) })

describe('questions', { concurrency: 8 }, () => {
  behaviour('Q-01', 'questions of class CH are refused, and go nowhere', async () => {
    for (const name of ['version.bind', 'version.server', 'hostname.bind', 'id.server', 'authors.bind', BARE]) {
      for (const type of [TYPE.TXT, TYPE.A, TYPE.ANY]) {
        for (const via of EACH) {
          const got = await rig.ask(queryPacket(name, { id: 0xbeef, type, class: CHAOS }), via)
          assert.equal(got.head, 'beef 0 REFUSED qr rd ra 1/0/0/0')
        }
      }
    }
    // So are all other classes: HS, NONE, ANY.
    for (const cls of [0, 2, 4, 254, 255, 65_535])
      assert.equal(
        (await rig.ask(queryPacket('q01.example', { id: 0xbeef, class: cls }))).head,
        'beef 0 REFUSED qr rd ra 1/0/0/0',
      )
    for (const name of ['version', 'q01', 'hostname']) assert.equal(rig.upstream.sawAnywhere(name), 0)
  })

  behaviour('Q-04', 'ANY is answered by HINFO alone, and goes nowhere', async () => {
    for (const name of [BARE, FED, 'dead.shop.fleet', 'q04.foreign.example', 'fleet']) {
      for (const edns of [false, true]) {
        for (const via of EACH) {
          const query = asking(name, TYPE.ANY, edns)
          const got = await rig.ask(query, via)
          assert.match(got.head, new RegExp(`^beef 0 NOERROR qr (aa )?rd ra 1/1/0/${edns ? 1 : 0}$`))
          assert.deepEqual(untimed(got.answer), [`${name}. HINFO "RFC8482" ""`])
          assert.ok(got.octets.length < 2 * query.length, `${got.octets.length} of ${query.length}`)
        }
      }
    }
    assert.equal(rig.upstream.sawAnywhere('q04'), 0)
  })

  behaviour('Q-06', 'zone transfers are refused with the reason, and go nowhere', async () => {
    const question = (name: string, type: number) => Buffer.concat([spelled(name), uint16s(type, 1)])
    for (const name of ['fleet', BARE, 'cluster.local', 'q06.foreign.example']) {
      for (const type of [TYPE.AXFR, TYPE.IXFR]) {
        for (const via of EACH) {
          const plain = await rig.ask(asking(name, type), via)
          assert.equal(plain.head, 'beef 0 REFUSED qr rd ra 1/0/0/0')
          const why = await rig.ask(asking(name, type, true), via)
          assert.equal(why.head, 'beef 0 REFUSED qr rd ra 1/0/0/1')
          assert.ok([18, 21].includes(why.errors[0] ?? 0))
        }
      }
    }
    assert.equal(rig.upstream.sawAnywhere('q06'), 0)
    assert.ok(question('q06', TYPE.IXFR).length > 0)
  })

  // RFC 1995 §3: the version that the client has stands in AUTHORITY.
  behaviour('Q-06', 'an incremental transfer is refused also where it says from which version on', async () => {
    for (const name of ['fleet', 'q06-2.foreign.example']) {
      const query = Buffer.concat([
        uint16s(0xbeef, RD, 1, 0, 1, 0),
        spelled(name),
        uint16s(TYPE.IXFR, 1),
        soa(name, 0, 60),
      ])
      for (const via of EACH) assert.equal((await rig.ask(query, via)).head, 'beef 0 REFUSED qr rd ra 1/0/0/0')
    }
    assert.equal(rig.upstream.sawAnywhere('q06-2'), 0)
  })

  behaviour('Q-07', 'types that nobody can have a record of are FORMERR or NOTIMP, and go nowhere', async () => {
    for (const name of [BARE, FED, 'q07.foreign.example']) {
      for (const [type, rcode] of [
        [TYPE.OPT, 'FORMERR'],
        [TYPE.TKEY, 'NOTIMP'],
        [TYPE.TSIG, 'NOTIMP'],
        [TYPE.MAILB, 'NOTIMP'],
        [TYPE.MAILA, 'NOTIMP'],
      ] as const) {
        for (const edns of [false, true]) {
          for (const via of EACH) {
            const got = await rig.ask(asking(name, type, edns), via)
            assert.equal(got.head, `beef 0 ${rcode} qr rd ra 1/0/0/${edns ? 1 : 0}`, `${name} ${type}`)
          }
        }
      }
    }
    assert.equal(rig.upstream.sawAnywhere('q07'), 0)
  })

  // DESIGN section 3 ("healthy, any other type: the CNAME and NODATA") has the CNAME in ANSWER.
  behaviour('Q-08', 'HTTPS of a Service with an address is NODATA', async () => {
    for (const name of [BARE, FED]) {
      for (const type of [TYPE.HTTPS, TYPE.SVCB]) {
        for (const via of EACH) {
          const got = await rig.ask(asking(name, type), via)
          assert.equal(got.head, 'beef 0 NOERROR qr aa rd ra 1/1/1/0')
          assert.deepEqual(untimed(got.answer), [`${name}. CNAME ${LOCAL}`])
          assert.deepEqual(untimed(got.authority), ['cluster.local. SOA minimum 5'])
        }
      }
    }
  })

  behaviour('Q-09', 'localhost and all below it is this host, and nobody is asked', async () => {
    for (const name of ['localhost', 'foo.localhost', 'A.b.LocalHost']) {
      for (const [type, answer] of [
        [TYPE.A, '127.0.0.1'],
        [TYPE.AAAA, '0:0:0:0:0:0:0:1'],
        [TYPE.MX, undefined],
        [TYPE.HTTPS, undefined],
      ] as const) {
        for (const via of EACH) {
          const got = await rig.ask(asking(name, type), via)
          const counts = answer === undefined ? '1/0/1/0' : '1/1/0/0'
          assert.equal(got.head, `beef 0 NOERROR qr aa rd ra ${counts}`)
          const line = `${name.toLowerCase()}. ${type === TYPE.A ? 'A' : 'AAAA'} ${answer}`
          assert.deepEqual(untimed(got.answer), answer === undefined ? [] : [line])
        }
      }
    }
    assert.equal(rig.upstream.sawAnywhere('localhost'), 0)
  })

  behaviour('Q-12', 'resolver.arpa has nothing, and nobody is asked', async () => {
    for (const name of ['_dns.resolver.arpa', 'resolver.arpa', 'x.y.resolver.arpa']) {
      for (const type of [TYPE.SVCB, TYPE.A, TYPE.HTTPS]) {
        for (const via of EACH) {
          const got = await rig.ask(asking(name, type), via)
          assert.equal(got.head, 'beef 0 NOERROR qr aa rd ra 1/0/1/0')
          assert.match(got.authority.join(), /^resolver\.arpa\. \d+ SOA /)
        }
      }
    }
    assert.equal(rig.upstream.sawAnywhere('resolver'), 0)
  })

  // At a Service, DESIGN section 3 has the CNAME in ANSWER.
  behaviour('Q-13', 'the apex of our zone has SOA and NS; a Service has neither', async () => {
    for (const via of EACH) {
      const apexSoa = await rig.ask(asking('fleet', TYPE.SOA), via)
      assert.equal(apexSoa.head, 'beef 0 NOERROR qr aa rd ra 1/1/0/0')
      assert.deepEqual(untimed(apexSoa.answer), ['fleet. SOA minimum 5'])
      const apexNs = await rig.ask(asking('fleet', TYPE.NS), via)
      assert.equal(apexNs.head, 'beef 0 NOERROR qr aa rd ra 1/1/0/0')
      assert.deepEqual(untimed(apexNs.answer), ['fleet. NS ns.dns.cluster.local.'])
      for (const [name, zone] of [
        [BARE, 'cluster.local'],
        [FED, 'cluster.local'],
      ] as const) {
        for (const type of [TYPE.SOA, TYPE.NS]) {
          const got = await rig.ask(asking(name, type), via)
          assert.equal(got.head, 'beef 0 NOERROR qr aa rd ra 1/1/1/0')
          assert.deepEqual(untimed(got.answer), [`${name}. CNAME ${LOCAL}`])
          assert.deepEqual(untimed(got.authority), [`${zone}. SOA minimum 5`])
        }
      }
      const between = await rig.ask(asking('shop.fleet', TYPE.A), via)
      assert.equal(between.head, 'beef 0 NOERROR qr aa rd ra 1/0/1/0')
      assert.deepEqual(untimed(between.authority), ['fleet. SOA minimum 5'])
    }
  })

  behaviour('Q-14', 'the root and top-level domains are forwarded and kept like any other name', async () => {
    const nsOfRoot = record(TYPE.NS, spelled('a.root-servers.net'), { owner: Buffer.of(0), ttl: 600 })
    rig.upstream.on('', (asked) =>
      asked.name === '' && asked.type === TYPE.NS ? [replyTo(asked.query, { answer: [nsOfRoot] })] : usual(asked),
    )
    const ofRoot = () => rig.upstream.asked.filter(({ name, type }) => name === '' && type === TYPE.NS).length
    for (const [i, via] of [...EACH, ...EACH].entries()) {
      const before = ofRoot()
      const root = await rig.ask(asking('', TYPE.NS), via)
      assert.equal(root.head, 'beef 0 NOERROR qr rd ra 1/1/0/0')
      assert.deepEqual(untimed(root.answer), ['. NS a.root-servers.net.'])
      // The first time at least; whether an upstream is there is asked by the same question.
      assert.ok(i > 0 ? ofRoot() - before <= 1 : ofRoot() > before)
      const top = await rig.ask(asking('museum', TYPE.A), via)
      assert.deepEqual([top.head, untimed(top.answer)], ['beef 0 NOERROR qr rd ra 1/1/0/0', ['museum. A 192.0.2.1']])
    }
    assert.equal(rig.upstream.asked.filter(({ name }) => name === 'museum').length, 1)
  })
})
