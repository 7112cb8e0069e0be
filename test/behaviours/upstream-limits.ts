import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { UdpClient } from '../helpers/dns-client.ts'
import { queryPacket } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { failing as rig, servers } from './upstream-rigs.ts'
import { EACH, Rig } from './rig.ts'
import { readReply } from './reply.ts'
import { silent } from './scripted-server.ts'
import { UdpRelay } from './udp-relay.ts'

const GOOD = 'beef 0 NOERROR qr rd ra 1/1/0/0'
const asking = (name: string, parts: Parameters<typeof queryPacket>[1] = {}): Buffer =>
  queryPacket(name, { id: 0xbeef, ...parts })

describe('limits of asking', { concurrency: 4 }, () => {
  // The limit is 4,096 questions that wait, and a client alone has half of them.
  behaviour('UP-18', 'beyond the limit questions are refused at once, and what is known is answered', async () => {
    assert.equal((await rig.ask(asking('known.up18.example'))).head, GOOD)
    await using flood = await UdpClient.open(rig.server(), '127.0.0.9')
    // The upstream is there, for who looks; these questions wait until their time is over.
    servers.flooded.on('silent.flooded.up18.example', silent)
    for (let id = 0; id < 4000; id++) flood.send(queryPacket(`n${id}.silent.flooded.up18.example`, { id }))
    let refused = 0
    while (refused < 100) {
      const got = readReply((await flood.next()).octets)
      assert.match(got.head, /^\w+ 0 (REFUSED|SERVFAIL) qr rd ra 1\/0\/0\/0$/)
      if (got.rcode === 5) refused++
    }
    assert.ok((await rig.metric('feddns_overload_refused_total')) > 0)
    for (const via of EACH) {
      assert.equal((await rig.ask(asking('known.up18.example'), via)).head, GOOD)
      assert.equal((await rig.ask(asking('web.shop.fleet'), via)).head, 'beef 0 NOERROR qr aa rd ra 1/2/0/0')
      // Of another client a question that has to be asked upstream has room as well.
      assert.equal((await rig.ask(asking(`${via}.other.up18.example`), via)).head, GOOD)
    }
  })

  behaviour('UP-21', 'an upstream that leads back here is found, named and left; all else is served', async () => {
    await using relay = await UdpRelay.start()
    await using looping = await Rig.start({ config: { forward: { upstreams: [relay.place] } } })
    relay.carryTo(looping.server().port)
    const { level, upstream } = await looping.resolver.logged(({ msg }) => msg.startsWith('forwarding loop: '))
    assert.deepEqual([level, upstream], ['error', relay.place])
    for (const via of EACH) {
      const got = await looping.ask(asking(`${via}.up21.example`, { edns: {} }), via)
      assert.equal(got.head, 'beef 0 SERVFAIL qr rd ra 1/0/0/1')
      assert.ok(got.errors.includes(22))
      assert.equal((await looping.ask(asking('web.shop.fleet'), via)).head, 'beef 0 NOERROR qr aa rd ra 1/2/0/0')
    }
    assert.equal(await looping.metric(`feddns_upstream_usable{upstream="${relay.place}"}`), 0)
    assert.equal((await looping.page('/healthz')).status, 200)
  })
})
