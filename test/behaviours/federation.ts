import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { TYPE } from '../../lib/dns/constants.ts'
import { eventually } from '../helpers/eventually.ts'
import { slice } from '../helpers/objects.ts'
import { queryPacket } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { a, cname, replyTo, soa } from './message.ts'
import { rig } from './main-rig.ts'
import { EACH } from './rig.ts'
import { untimed } from './reply.ts'

const FED = 'svc.cluster.local'
const REMOTE = '203.0.113.7'

const asking = (name: string, type: number = TYPE.A): Buffer => queryPacket(name, { id: 0xbeef, type })

// The remote shards are what the public names lead to, which upstream knows (DESIGN sections 1 and 3).
describe('federation', { concurrency: 4 }, () => {
  behaviour('FED-01', 'where the local shard is healthy it is the answer, whatever there is elsewhere', async () => {
    rig.upstream.on('web.shop.fleet.svc.z1.example.com', ({ query }) => [replyTo(query, { answer: [a(REMOTE)] })])
    for (const name of ['web.shop.fleet', `web.shop.fleet.${FED}`]) {
      for (const via of [...EACH, ...EACH]) {
        const got = await rig.ask(asking(name), via)
        assert.equal(got.head, 'beef 0 NOERROR qr aa rd ra 1/2/0/0')
        assert.deepEqual(got.answer, [`${name}. 5 CNAME web.shop.${FED}.`, `web.shop.${FED}. 5 A 10.96.0.1`])
      }
    }
    assert.equal(rig.upstream.askedOf('web.shop.fleet.svc.z1.example.com').length, 0)
  })

  behaviour(
    'FED-02',
    'a local Service without a ready pod leads to the remote ones, not to its dead address',
    async () => {
      const zone = 'lost.shop.fleet.svc.z1.example.com'
      const region = 'lost.shop.fleet.svc.r1.example.com'
      rig.upstream.on(zone, ({ query }) => [replyTo(query, { answer: [cname(region), a(REMOTE, { owner: region })] })])
      for (const name of ['lost.shop.fleet', `lost.shop.fleet.${FED}`]) {
        for (const via of [...EACH, ...EACH]) {
          const got = await rig.ask(asking(name), via)
          assert.equal(got.head, 'beef 0 NOERROR qr aa rd ra 1/3/0/0')
          assert.deepEqual(untimed(got.answer), [
            `${name}. CNAME ${zone}.`,
            `${zone}. CNAME ${region}.`,
            `${region}. A ${REMOTE}`,
          ])
          assert.ok(!got.octets.includes(Buffer.of(10, 96, 0, 10)))
        }
      }
    },
  )

  behaviour('FED-02', 'it leads away the moment that its last pod is not ready, and back when one is', async () => {
    const first = async () => untimed((await rig.ask(asking('flip.shop.fleet'))).answer)[0]
    assert.equal(await first(), `flip.shop.fleet. CNAME flip.shop.${FED}.`)
    for (const [endpoint, target] of [
      ['!10.1.0.9', 'flip.shop.fleet.svc.z1.example.com.'],
      ['10.1.0.9', `flip.shop.${FED}.`],
    ] as const) {
      await rig.changeCluster(slice('flip.shop', [endpoint]))
      await eventually(async () => assert.equal(await first(), `flip.shop.fleet. CNAME ${target}`))
    }
  })

  // DESIGN section 3: what is missing leads to its public name, whose denial and SOA the answer has behind the CNAME. What
  // members there are, and whether they have the Service, stands in the public zone.
  behaviour('FED-05', 'what no member has is NXDOMAIN, with the SOA', async () => {
    const zone = 'nosuch.shop.fleet.svc.z1.example.com'
    rig.upstream.on(zone, ({ query }) => [replyTo(query, { rcode: 3, authority: [soa('example.com', 900, 20)] })])
    for (const name of ['nosuch.shop.fleet', `nosuch.shop.fleet.${FED}`]) {
      for (const type of [TYPE.A, TYPE.AAAA, TYPE.TXT]) {
        for (const via of EACH) {
          const got = await rig.ask(asking(name, type), via)
          assert.equal(got.head, 'beef 0 NXDOMAIN qr aa rd ra 1/1/1/0')
          assert.deepEqual(untimed(got.answer), [`${name}. CNAME ${zone}.`])
          assert.deepEqual(untimed(got.authority), ['example.com. SOA minimum 20'])
        }
      }
    }
    // Names of ours that no Service can have are denied here.
    for (const [name, owner] of [
      ['a.b.web.shop.fleet', 'fleet'],
      [`web.shop.fleet.prod.${FED}`, 'cluster.local'],
      ['web.shop.fleet.cluster.local', 'cluster.local'],
    ]) {
      const got = await rig.ask(asking(name ?? ''))
      assert.deepEqual(
        [got.head, untimed(got.authority)],
        ['beef 0 NXDOMAIN qr aa rd ra 1/0/1/0', [`${owner}. SOA minimum 5`]],
      )
    }
  })
})
