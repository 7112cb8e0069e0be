import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { UdpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { queryPacket } from '../helpers/packets.ts'
import { World } from '../helpers/world.ts'
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
    let round = 0
    // Again where this machine was too slow to have so many wait at a time.
    await eventually(async () => {
      round++
      for (let id = 0; id < 4000; id++) flood.send(queryPacket(`n${id}-${round}.silent.flooded.up18.example`, { id }))
      for (let isRefused = false; !isRefused; ) {
        const got = readReply((await flood.next(4000)).octets)
        assert.match(got.head, /^\w+ 0 (REFUSED|SERVFAIL) qr rd ra 1\/0\/0\/0$/)
        isRefused = got.rcode === 5
      }
    }, 60_000)
    assert.ok((await rig.metric('feddns_overload_refused_total')) > 0)
    for (const via of EACH) {
      assert.equal((await rig.ask(asking('known.up18.example'), via)).head, GOOD)
      assert.equal((await rig.ask(asking('web.shop.fleet'), via)).head, 'beef 0 NOERROR qr aa rd ra 1/2/0/0')
      // Of another client a question that has to be asked upstream has room as well.
      assert.equal((await rig.ask(asking(`${via}.other.up18.example`), via)).head, GOOD)
    }
    // As the case has it, on a clock that is moved: of a hundred, one client alone has half.
    const world = new World({ maxInFlight: 100 })
    const [upstream] = world.upstreamsOf('.')
    if (upstream === undefined) throw new Error('no upstream')
    upstream.zone.add('known.up18.example. 300 A 192.0.2.18')
    await world.ask('known.up18.example')
    upstream.state = 'silent'
    const begun = Array.from({ length: 500 }, (_, i) => world.begin(`n${i}.up18.example`))
    await world.clock.pass(0)
    assert.equal(begun.filter(({ reply }) => reply?.rcode === 'REFUSED').length, 450)
    assert.equal((await world.ask('known.up18.example')).rcode, 'NOERROR')
    await world.finish(begun)
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
