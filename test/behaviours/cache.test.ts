import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { describe } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { feddns } from '../control/feddns.ts'
import { ednsOption, queryPacket } from '../helpers/packets.ts'
import { World } from '../helpers/world.ts'
import { behaviour } from './behaviour.ts'
import { a, replyTo } from './message.ts'
import { EACH, Rig, sharedRig } from './rig.ts'
import { untimed } from './reply.ts'
import { USUAL_ADDRESS } from './scripted-server.ts'

const NOBODY = 65_534
const GOOD = 'beef 0 NOERROR qr rd ra 1/1/0/0'
const WITH_OPT = 'beef 0 NOERROR qr rd ra 1/1/0/1'

const rig = await sharedRig()
const asking = (name: string, parts: Parameters<typeof queryPacket>[1] = {}): Buffer =>
  queryPacket(name, { id: 0xbeef, ...parts })

describe('cache', { concurrency: 8 }, () => {
  // As the case has it, on a clock that is moved; with the real process and shorter TTLs among those that wait.
  behaviour('CACHE-01', 'each set of records has the TTL it came with, less the time since then', async () => {
    const world = new World({ prefetches: false })
    const main = world.upstreams.get('main')
    if (main === undefined) throw new Error('no upstream')
    main.zone.add('www.cache01.example. 300 CNAME web.cache01.example.')
    main.zone.add('web.cache01.example. 60 A 192.0.2.1')
    const lines = (one: number, other: number) => [
      `www.cache01.example. ${one} CNAME web.cache01.example.`,
      `web.cache01.example. ${other} A 192.0.2.1`,
    ]
    for (const [passedMs, ttls, asked] of [
      [0, [300, 60], 1],
      [10_000, [290, 50], 1],
      [49_000, [241, 1], 1],
      [2000, [300, 60], 2],
    ] as const) {
      await world.clock.pass(passedMs)
      assert.deepEqual((await world.ask('www.cache01.example.')).answer, lines(ttls[0], ttls[1]))
      assert.equal(main.asked.length, asked)
    }
  })

  behaviour('CACHE-02', 'what has a TTL of 0 is asked for each time, and sent with 0', async () => {
    rig.upstream.on('cache02.example', ({ query }) => [replyTo(query, { answer: [a(USUAL_ADDRESS, { ttl: 0 })] })])
    for (let i = 1; i < 5; i++) {
      const before = rig.upstream.allOf('cache02.example').length
      const got = await rig.ask(asking('www.cache02.example'), EACH[i % 2])
      assert.deepEqual([got.head, got.answer], [GOOD, [`www.cache02.example. 0 A ${USUAL_ADDRESS}`]])
      assert.ok(rig.upstream.allOf('cache02.example').length > before)
    }
  })

  behaviour('CACHE-09', 'who may not ask is refused what others have in the cache, and our own names', async () => {
    await using guarded = await Rig.start({ config: { acl: { allow: ['127.0.0.1/32'] } } })
    for (const name of ['cache09.example', 'web.shop.fleet', 'localhost', 'never.cache09.example']) {
      for (const via of EACH) {
        if (!name.startsWith('never'))
          assert.match((await guarded.ask(asking(name), via, '127.0.0.1')).head, /^beef 0 NOERROR/)
        const refused = await guarded.ask(asking(name), via, '127.0.0.2')
        assert.equal(refused.head, 'beef 0 REFUSED qr rd ra 1/0/0/0')
        const why = await guarded.ask(asking(name, { edns: {} }), via, '127.0.0.2')
        assert.deepEqual([why.head, why.errors], ['beef 0 REFUSED qr rd ra 1/0/0/1', [18]])
      }
    }
    assert.equal(guarded.upstream.askedOf('never.cache09.example').length, 0)
  })

  behaviour('CACHE-11', 'what is in the cache is sent with the EDNS that each client has', async () => {
    const name = 'cache11.example'
    for (let i = 0; i < 3; i++) {
      for (const via of EACH) {
        assert.equal((await rig.ask(asking(name), via)).head, GOOD)
        assert.equal(
          (await rig.ask(asking(name, { edns: { version: 1 } }), via)).head,
          'beef 0 BADVERS qr rd ra 1/0/0/1',
        )
        const unknown = await rig.ask(asking(name, { edns: { options: ednsOption(100, Buffer.alloc(8)) } }), via)
        assert.deepEqual([unknown.head, unknown.options], [WITH_OPT, []])
        const plain = await rig.ask(asking(name), via)
        assert.deepEqual([plain.head, plain.opt], [GOOD, undefined])
        const checked = await rig.ask(asking(name, { edns: { flags: 0x8000 } }), via)
        assert.deepEqual([checked.head, checked.opt?.flags], [WITH_OPT, 0x8000])
        assert.equal((await rig.ask(asking(name, { edns: {} }), via)).opt?.flags, 0)
      }
    }
  })

  behaviour('CACHE-12', 'what is purged is asked for anew, and only who is on this machine may purge', async () => {
    const control = rig.folder.file('c.sock')
    const asked = () => rig.upstream.askedOf('cache12.example').length
    for (const via of EACH) assert.equal((await rig.ask(asking('cache12.example'), via)).head, GOOD)
    assert.equal(asked(), 1)
    // Longer than a question may be repeated for.
    await sleep(1100)
    const { code, stdout } = await feddns(['purge', 'CACHE12.example', '--control', control])
    assert.deepEqual([code, stdout], [0, 'forgotten: 1 message of cache12.example.\n'])
    for (const via of EACH) assert.equal((await rig.ask(asking('cache12.example'), via)).head, GOOD)
    assert.equal(asked(), 2)
    // A socket in the file system, of this user alone; nothing of it over HTTP.
    assert.equal((await stat(control)).mode & 0o777, 0o600)
    for (const path of ['/purge', '/cache', '/control']) assert.equal((await rig.page(path)).status, 404)
    if (process.getuid?.() !== 0) return
    const refused = await feddns(['purge', 'cache12.example', '--control', control], { uid: NOBODY })
    assert.equal(refused.code, 1)
    assert.deepEqual(untimed((await rig.ask(asking('cache12.example'))).answer), [
      `cache12.example. A ${USUAL_ADDRESS}`,
    ])
    assert.equal(asked(), 2)
  })
})
