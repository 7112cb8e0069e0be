import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../helpers/eventually.ts'
import { queryPacket } from '../helpers/packets.ts'
import { World } from '../helpers/world.ts'
import { behaviour } from './behaviour.ts'
import { a, hasOpt, questionEndOf, replyTo } from './message.ts'
import { closedPlace, failing as rig, servers } from './upstream-rigs.ts'
import { EACH } from './rig.ts'
import { untimed } from './reply.ts'
import { type Script, silent, USUAL_ADDRESS, usual } from './scripted-server.ts'

// What is done about upstreams that say nothing, or nothing of use.

const { main, truncates, mute, old, sick } = servers
const SERVFAIL = 2
const FORMERR = 1
const TRUNCATED = 0x200

const asking = (name: string, parts: Parameters<typeof queryPacket>[1] = {}): Buffer =>
  queryPacket(name, { id: 0xbeef, ...parts })
const GOOD = 'beef 0 NOERROR qr rd ra 1/1/0/0'

async function timed<T>(work: Promise<T>): Promise<{ readonly result: T; readonly tookMs: number }> {
  const startedMs = performance.now()
  return { result: await work, tookMs: performance.now() - startedMs }
}

describe('upstreams that fail', { concurrency: 12 }, () => {
  behaviour(
    'UP-08',
    'where TCP fails after a truncated reply another is asked; alone it is TC or SERVFAIL',
    async () => {
      // Over TCP it says nothing.
      const script: Script = (asked) =>
        asked.transport === 'tcp' ? silent(asked) : [replyTo(asked.query, { flags: TRUNCATED })]
      truncates.on('', script)
      for (const via of EACH) {
        const { result, tookMs } = await timed(rig.ask(asking(`${via}.first.up08.example`), via))
        assert.deepEqual(
          [result.head, untimed(result.answer)],
          [GOOD, [`${via}.first.up08.example. A ${USUAL_ADDRESS}`]],
        )
        assert.ok(tookMs < 5000)
        const alone = await timed(rig.ask(asking(`${via}.alone.up08.example`), via))
        assert.match(
          alone.result.head,
          via === 'udp'
            ? /^beef 0 (NOERROR qr tc|SERVFAIL qr) rd ra 1\/0\/0\/0$/
            : /^beef 0 SERVFAIL qr rd ra 1\/0\/0\/0$/,
        )
        assert.ok(alone.tookMs < 5000)
      }
    },
  )

  behaviour('UP-09', 'a silent upstream costs a moment at first, and is soon avoided', async () => {
    const took: number[] = []
    for (let i = 0; i < 12; i++) {
      const { result, tookMs } = await timed(rig.ask(asking(`n${i}.up09.example`), EACH[i % 2]))
      assert.equal(result.head, GOOD)
      took.push(tookMs)
    }
    assert.ok(Math.max(...took) < 1500, took.join())
    // By the end nobody waits for it: it is asked only to see how it is.
    const asked = mute.allOf('up09.example').length
    for (let i = 12; i < 24; i++) await rig.ask(asking(`n${i}.up09.example`))
    assert.ok(mute.allOf('up09.example').length - asked <= 3)
    await eventually(async () => assert.equal(await rig.metric(`feddns_upstream_usable{upstream="${mute.place}"}`), 0))
  })

  behaviour('UP-12', 'an upstream that does not understand OPT is asked without, which is remembered', async () => {
    old.on('up12.example', ({ query }) => [
      hasOpt(query)
        ? replyTo(query.subarray(0, questionEndOf(query)).fill(0, 10, 12), { rcode: FORMERR })
        : replyTo(query, { answer: [a(USUAL_ADDRESS)] }),
    ])
    for (const [i, via] of [...EACH, ...EACH].entries()) {
      const got = await rig.ask(asking(`n${i}.up12.example`, { edns: {} }), via)
      assert.deepEqual([got.head, got.opt?.payloadOctets], ['beef 0 NOERROR qr rd ra 1/1/0/1', 1232])
    }
    const withOpt = old.allOf('up12.example').map(({ query }) => hasOpt(query))
    // It is asked a second time where it is late.
    assert.equal(withOpt[0], true)
    assert.ok(withOpt.length >= 5 && withOpt.lastIndexOf(true) < 2, withOpt.join())
    // For ten minutes: on a clock that is moved.
    const world = new World()
    const upstream = world.upstreams.get('main')
    if (upstream === undefined) throw new Error('no upstream')
    upstream.knowsEdns = false
    upstream.zone.add('*.up12.example. 300 A 192.0.2.12')
    const asks = async (name: string) => (await world.ask(name)).asked.length
    assert.deepEqual([await asks('a.up12.example'), await asks('b.up12.example')], [2, 1])
    await world.clock.pass(599_000)
    assert.equal(await asks('c.up12.example'), 1)
    await world.clock.pass(2000)
    assert.equal(await asks('d.up12.example'), 2)
  })

  behaviour('UP-13', 'where nobody listens the next upstream is asked at once', async () => {
    const failures = `feddns_upstream_failures_total{upstream="${closedPlace}"}`
    const took: number[] = []
    for (let i = 0; i < 10; i++) {
      const { result, tookMs } = await timed(rig.ask(asking(`n${i}.up13.example`), EACH[i % 2]))
      assert.equal(result.head, GOOD)
      took.push(tookMs)
    }
    assert.ok((await rig.metric(failures)) >= 1)
    // Whoever waits for a reply gives up after 400 ms at first; a refusal is not waited for.
    assert.ok(Math.min(...took.slice(0, 2)) < 300, took.join())
    assert.equal((await rig.page('/healthz')).status, 200)
  })

  // Ten minutes on a clock that is moved; a second of them with the real process.
  behaviour(
    'UP-17',
    'a failure is kept for a second and more, asked about seldom, and over soon after it is',
    async () => {
      main.on('up17.example', ({ query }) => [replyTo(query, { rcode: SERVFAIL })])
      const startedMs = performance.now()
      let kept = 0
      for (let i = 0; i < 100; i++) {
        const before = main.allOf('up17.example').length
        const got = await rig.ask(asking('x.up17.example', { edns: {} }), EACH[i % 2])
        assert.equal(got.head, 'beef 0 SERVFAIL qr rd ra 1/0/0/1')
        if (got.errors.includes(13)) kept++
        else assert.ok(main.allOf('up17.example').length > before, `${i}: ${got.errors.join()}`)
      }
      assert.ok(kept >= 90, `${kept}`)
      const seconds = (performance.now() - startedMs) / 1000
      assert.ok(main.allOf('up17.example').length <= 1 + seconds, `in ${seconds} s`)
      main.on('up17.example', usual)
      await eventually(async () => assert.equal((await rig.ask(asking('x.up17.example'))).head, GOOD), 15_000)
      const world = new World()
      const upstream = world.upstreams.get('main')
      if (upstream === undefined) throw new Error('no upstream')
      upstream.fail('x.up17.example', 'SERVFAIL')
      const asked = async (seconds: number) => {
        const before = upstream.asked.length
        for (let second = 0; second < seconds; second++) {
          for (let i = 0; i < 10; i++) {
            await world.ask('x.up17.example')
            await world.clock.pass(100)
          }
        }
        return upstream.asked.length - before
      }
      assert.equal(await asked(1), 1)
      // Twice as long each time, up to ten seconds.
      const inTenMinutes = await asked(599)
      assert.ok(inTenMinutes >= 60 && inTenMinutes <= 65, String(inTenMinutes))
      upstream.work()
      upstream.zone.add('x.up17.example. 300 A 192.0.2.17')
      await world.clock.pass(10_000)
      assert.equal((await world.ask('x.up17.example')).rcode, 'NOERROR')
    },
  )

  behaviour(
    'UP-25',
    'an upstream that fails all questions gets few of them, and its share again when it is well',
    async () => {
      const ask = async (from: number, to: number) => {
        for (let i = from; i < to; i++) {
          const got = await rig.ask(asking(`n${i}.up25.example`), 'udp')
          assert.equal(got.head, GOOD, `${i}`)
          // As traffic comes, not all at once.
          if (i % 10 === 0) await sleep(5)
        }
      }
      await ask(0, 600)
      const share = sick.allOf('up25.example').length / 600
      assert.ok(share < 0.05 && share > 0, `${share}`)
      sick.on('', usual)
      let next = 600
      await eventually(async () => {
        const before = sick.allOf('up25.example').length
        await ask(next, (next += 40))
        assert.ok(sick.allOf('up25.example').length - before >= 15)
      }, 20_000)
    },
  )
})
