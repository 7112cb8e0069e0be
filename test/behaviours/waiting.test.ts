import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TcpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { queryPacket } from '../helpers/packets.ts'
import { behaviour } from './behaviour.ts'
import { a, cname, replyTo, soa } from './message.ts'
import { EACH, sharedRig, type Via } from './rig.ts'
import { readReply, ttlOf, untimed } from './reply.ts'
import { silent, type Script, USUAL_ADDRESS, usual } from './scripted-server.ts'
import { Stopwatch } from './stopwatch.ts'

// What takes time because time is what it is about: TTLs that end, connections that are idle. All at once.

const NXDOMAIN = 3
const IDLE_MS = 10_000
const STALE_TTL_SECONDS = 30

const rig = await sharedRig()
/** Nothing is kept for longer than two seconds here, and nothing stale for longer than one. */
const hasty = await sharedRig({ config: { cache: { maxTtl: '2s', maxStale: '1s' } } })

const asking = (name: string, edns?: object): Buffer => queryPacket(name, { id: 0xbeef, ...(edns && { edns }) })
const lasting =
  (ttl: number): Script =>
  ({ query }) => [replyTo(query, { answer: [a(USUAL_ADDRESS, { ttl })] })]

describe('what takes time', { concurrency: 20 }, () => {
  behaviour('TCP-06', 'a connection that is idle is ended after ten seconds, in order', async () => {
    await using client = await TcpClient.open(rig.server())
    assert.equal(readReply(await client.ask(asking('web.shop.fleet'))).rcode, 0)
    const startedMs = performance.now()
    await new Promise<void>((resolve) => client.socket.once('end', resolve).once('error', () => resolve()))
    const tookMs = performance.now() - startedMs
    // Its end, not a reset.
    assert.equal(client.socket.errored, null)
    assert.ok(tookMs > IDLE_MS - 500 && tookMs < 3 * IDLE_MS, `${tookMs} ms`)
  })

  behaviour(
    'CACHE-01',
    'with the real process, too, TTLs count down by themselves, until the first has ended',
    async () => {
      rig.upstream.on('www.cache01.example', ({ query }) => [
        replyTo(query, {
          answer: [
            cname('web.cache01.example', { ttl: 30 }),
            a(USUAL_ADDRESS, { owner: 'web.cache01.example', ttl: 3 }),
          ],
        }),
      ])
      const watch = new Stopwatch()
      await rig.ask(asking('www.cache01.example'))
      watch.markDone()
      for (const waitMs of [0, 1100, 1100]) {
        await sleep(waitMs)
        for (const via of EACH) {
          const { head, answer } = await rig.ask(asking('www.cache01.example'), via)
          assert.equal(head, 'beef 0 NOERROR qr rd ra 1/2/0/0')
          watch.assertLeft(30, ttlOf(answer[0]))
          watch.assertLeft(3, ttlOf(answer[1]))
        }
      }
      assert.equal(rig.upstream.askedOf('www.cache01.example').length, 1)
      await sleep(1200)
      await rig.ask(asking('www.cache01.example'))
      assert.equal(rig.upstream.askedOf('www.cache01.example').length, 2)
    },
  )

  behaviour(
    'NEG-04',
    'with the real process, too, a denial is kept as long as TTL and MINIMUM both allow',
    async () => {
      for (const [ttl, minimum] of [
        [900, 3],
        [3, 900],
      ] as const) {
        const name = `n${ttl}.neg04.example`
        rig.upstream.on(name, ({ query }) => [
          replyTo(query, { rcode: NXDOMAIN, authority: [soa('neg04.example', ttl, minimum)] }),
        ])
        const watch = new Stopwatch()
        const ask = async (via: Via) => {
          const got = await rig.ask(asking(name), via)
          assert.equal(got.head, 'beef 0 NXDOMAIN qr rd ra 1/0/1/0')
          return got
        }
        const left = async (via: Via) => watch.assertLeft(3, ttlOf((await ask(via)).authority[0]))
        watch.mark()
        await ask('udp')
        watch.markDone()
        await left('udp')
        await sleep(1200)
        await left('udp')
        await left('tcp')
        assert.equal(rig.upstream.askedOf(name).length, 1)
        await sleep(2200)
        await ask('udp')
        assert.equal(rig.upstream.askedOf(name).length, 2)
      }
    },
  )

  // An hour, with two seconds as the longest.
  behaviour('CACHE-03', 'nothing is kept for longer than is configured, whatever its TTL', async () => {
    for (const ttl of [0x7fff_ffff, 3600, 3]) {
      hasty.upstream.on(`n${ttl}.cache03.example`, lasting(ttl))
      for (const via of EACH) {
        const { answer } = await hasty.ask(asking(`n${ttl}.cache03.example`), via)
        assert.ok(ttlOf(answer[0]) <= 2 && ttlOf(answer[0]) >= 1)
      }
    }
    await sleep(2100)
    for (const ttl of [0x7fff_ffff, 3600, 3]) {
      await hasty.ask(asking(`n${ttl}.cache03.example`))
      assert.equal(hasty.upstream.askedOf(`n${ttl}.cache03.example`).length, 2)
    }
  })

  // A TTL of 6 s instead of 60: the last tenth of it begins after 5.4 s.
  behaviour(
    'CACHE-06',
    'what is asked for often is asked for anew before it ends, and nobody waits for that',
    async () => {
      const release = Promise.withResolvers<void>()
      rig.upstream.on('cache06.example', async ({ query, before }) => {
        if (before > 0) await release.promise
        return [replyTo(query, { answer: [a(before > 0 ? '192.0.2.2' : '192.0.2.1', { ttl: 6 })] })]
      })
      const name = 'www.cache06.example'
      const asked = () => rig.upstream.askedOf(name).length
      for (const via of [...EACH, ...EACH]) await rig.ask(asking(name), via)
      assert.equal(asked(), 1)
      await sleep(5300)
      let beforeIt: readonly string[] = []
      await eventually(async () => {
        beforeIt = (await rig.ask(asking(name))).answer
        assert.equal(asked(), 2)
      })
      // The upstream has not answered yet: what is there is sent.
      assert.deepEqual(beforeIt, [`${name}. 1 A 192.0.2.1`])
      release.resolve()
      await eventually(async () => assert.match((await rig.ask(asking(name))).answer.join(), / [56] A 192\.0\.2\.2$/))
      assert.equal(asked(), 2)
    },
  )

  // A second after its time instead of ten minutes.
  behaviour('STALE-01', 'while the upstream is silent what was known is sent, with 30 s and the reason', async () => {
    const name = 'www.stale01.example'
    rig.upstream.on(name, lasting(1))
    for (const via of EACH) await rig.ask(asking(name), via)
    rig.upstream.on(name, silent)
    await sleep(2100)
    const startedMs = performance.now()
    const first = await rig.ask(asking(name, {}))
    const tookMs = performance.now() - startedMs
    assert.ok(tookMs < 4000, `${tookMs} ms`)
    for (const [i, got] of [first, await rig.ask(asking(name, {})), await rig.ask(asking(name, {}), 'tcp')].entries()) {
      assert.equal(got.head, 'beef 0 NOERROR qr rd ra 1/1/0/1')
      assert.deepEqual(got.answer, [`${name}. ${STALE_TTL_SECONDS} A ${USUAL_ADDRESS}`])
      assert.ok(got.errors.includes(3), `${i}: ${got.errors.join()}`)
    }
    // Not waited for again, though the first may have waited for nearly two seconds.
    const againMs = performance.now()
    for (let i = 0; i < 10; i++)
      assert.equal((await rig.ask(asking(name), EACH[i % 2])).head, 'beef 0 NOERROR qr rd ra 1/1/0/0')
    assert.ok(performance.now() - againMs < 5000)
    // Without EDNS no reason, and when the upstream is back all is as before.
    rig.upstream.on(name, lasting(200))
    await eventually(async () => assert.ok(ttlOf((await rig.ask(asking(name))).answer[0]) > STALE_TTL_SECONDS), 20_000)
  })

  behaviour('STALE-02', 'while the upstream is silent a denial that was known is sent, and called so', async () => {
    const name = 'www.stale02.example'
    rig.upstream.on(name, ({ query }) => [
      replyTo(query, { rcode: NXDOMAIN, authority: [soa('stale02.example', 1, 1)] }),
    ])
    await rig.ask(asking(name))
    rig.upstream.on(name, silent)
    await sleep(2100)
    for (const via of [...EACH, ...EACH]) {
      const got = await rig.ask(asking(name, {}), via)
      assert.equal(got.head, 'beef 0 NXDOMAIN qr rd ra 1/0/1/1')
      assert.ok(got.errors.includes(19), got.errors.join())
      assert.deepEqual(got.authority, [`stale02.example. ${STALE_TTL_SECONDS} SOA minimum 1`])
    }
  })

  behaviour('STALE-03', 'a denial takes the place of what was known, stale or not', async () => {
    const name = 'www.stale03.example'
    rig.upstream.on(name, lasting(1))
    await rig.ask(asking(name))
    rig.upstream.on(name, ({ query }) => [
      replyTo(query, { rcode: NXDOMAIN, authority: [soa('stale03.example', 1, 1)] }),
    ])
    await sleep(2100)
    for (const via of EACH) assert.equal((await rig.ask(asking(name), via)).head, 'beef 0 NXDOMAIN qr rd ra 1/0/1/0')
    rig.upstream.on(name, silent)
    await sleep(2100)
    for (const via of EACH) {
      const got = await rig.ask(asking(name, {}), via)
      assert.deepEqual([got.rcode, got.answer], [NXDOMAIN, []])
    }
  })

  behaviour('STALE-04', 'what is older than is configured is not sent: the answer is that there is none', async () => {
    const name = 'www.stale04.example'
    hasty.upstream.on(name, lasting(1))
    await hasty.ask(asking(name))
    hasty.upstream.on(name, silent)
    await sleep(2200)
    for (const via of EACH) {
      const got = await hasty.ask(asking(name, {}), via)
      assert.equal(got.head, 'beef 0 SERVFAIL qr rd ra 1/0/0/1')
      assert.ok(got.errors.includes(22), got.errors.join())
    }
    hasty.upstream.on(name, usual)
    await eventually(
      async () => assert.deepEqual(untimed((await hasty.ask(asking(name))).answer), [`${name}. A ${USUAL_ADDRESS}`]),
      20_000,
    )
  })
})
