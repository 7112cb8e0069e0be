import assert from 'node:assert/strict'
import { after, describe } from 'node:test'
import { ednsOption, optRecord, queryPacket, uint16s } from '../helpers/packets.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { TYPE } from '../../lib/dns/constants.ts'
import { behaviour } from './behaviour.ts'
import { EACH, lazyRig, type Rig, type Via } from './rig.ts'
import type { Reply } from './reply.ts'
import { sipHash } from '../helpers/sip-hash.ts'

// RFC 9018, appendix A.1: the secret, the client's cookie, when, for whom, and the cookie of the server.
const EXAMPLE = {
  secret: Buffer.from('e5e973e5a6b2a43f48e7dc849e37bfcf', 'hex'),
  client: Buffer.from('2464c4abcf10c957', 'hex'),
  seconds: 1_559_731_985,
  address: Buffer.of(198, 51, 100, 100),
  server: Buffer.from('010000005cf79f111f8130c3eee29480', 'hex'),
}
const { secret: SECRET, client: CLIENT } = EXAMPLE
const COOKIE = 10
const NSID = 3
const CHAOS = 3
const HOST = Buffer.of(127, 0, 0, 1)
const BARE = 'web.shop.fleet'

/** The server's part of a cookie for a client that asks from 127.0.0.1 (RFC 9018 §4). */
function serverCookie(client: Buffer, seconds: number, address: Buffer = HOST): Buffer {
  const head = Buffer.alloc(8)
  head[0] = 1
  head.writeUInt32BE(seconds, 4)
  return Buffer.concat([head, sipHash(SECRET, Buffer.concat([client, head, address]))])
}

const now = (): number => Math.floor(Date.now() / 1000)
const optionsIn = ({ options }: Reply, wanted: number): Buffer[] =>
  options.flatMap(([code, content]) => (code === wanted ? [content] : []))
const cookieIn = ({ options }: Reply): Buffer[] =>
  options.flatMap(([code, content]) => (code === COOKIE ? [content] : []))
const asking = (cookie: Buffer, name = BARE): Buffer =>
  queryPacket(name, { id: 0xbeef, edns: { options: ednsOption(COOKIE, cookie) } })

const folder = await temporaryFolder()
after(() => folder[Symbol.asyncDispose]())
const secretFile = await folder.write('secret', `${SECRET.toString('hex')}\n`)
const rigs = {
  on: lazyRig(() => ({
    config: { edns: { cookies: 'on', secretFile, nsid: 'node-a' }, chaos: { version: 'feddns test', id: 'node-b' } },
  })),
  required: lazyRig(() => ({ config: { edns: { cookies: 'required', secretFile } } })),
}

/** Does something with a resolver that has the secret. */
const withCookies = async (mode: keyof typeof rigs, work: (rig: Rig) => Promise<void>): Promise<void> =>
  work(await rigs[mode]())

/** Fails unless it is a cookie for this client, made by the secret that all nodes have, and now. */
function assertFresh(reply: Reply, client = CLIENT): void {
  const [cookie = Buffer.alloc(24), ...others] = cookieIn(reply)
  assert.deepEqual([cookie.length, others], [24, []])
  assert.deepEqual(cookie.subarray(0, 8), client)
  const seconds = cookie.readUInt32BE(12)
  assert.ok(Math.abs(seconds - now()) <= 5, `${seconds}`)
  assert.deepEqual(cookie.subarray(8), serverCookie(client, seconds))
}

describe('options of our own', { concurrency: 4 }, () => {
  behaviour('EDNS-17', 'the cookies of these tests are those of RFC 9018', async () => {
    const { client, seconds, address, server } = EXAMPLE
    assert.deepEqual(serverCookie(client, seconds, address), server)
  })

  behaviour('HDR-11', 'a cookie without a question is answered by a cookie', () =>
    withCookies('on', async (rig) => {
      const opt = optRecord({ options: ednsOption(COOKIE, CLIENT) })
      for (const via of EACH) {
        const got = await rig.ask(Buffer.concat([uint16s(0xbeef, 0, 0, 0, 0, 1), opt]), via)
        assert.equal(got.head, 'beef 0 NOERROR qr ra 0/0/0/1')
        assertFresh(got)
      }
    }),
  )

  behaviour('EDNS-17', 'a client that shows its cookie gets ours, which every node with the secret can verify', () =>
    withCookies('on', async (rig) => {
      for (const name of [BARE, 'edns17.example', 'edns17.example']) {
        for (const via of EACH) {
          const got = await rig.ask(asking(CLIENT, name), via)
          assert.match(got.head, /^beef 0 NOERROR qr (aa )?rd ra 1\/[12]\/0\/1$/)
          assertFresh(got)
          // And nobody else gets it.
          assert.deepEqual((await rig.ask(queryPacket(name, { id: 0xbeef, edns: {} }), via)).options, [])
          const another = Buffer.from('fedcba9876543210', 'hex')
          assertFresh(await rig.ask(asking(another, name), via), another)
        }
      }
      // One that is good, and was made a moment ago by another node, is taken and need not be changed.
      const good = Buffer.concat([CLIENT, serverCookie(CLIENT, now() - 60)])
      const got = await rig.ask(asking(good))
      assert.equal(got.head, 'beef 0 NOERROR qr aa rd ra 1/2/0/1')
      assert.equal(cookieIn(got)[0]?.length, 24)
    }),
  )

  behaviour('EDNS-18', 'a cookie of a length that there is not is FORMERR', () =>
    withCookies('on', async (rig) => {
      for (const octets of [0, 1, 7, 9, 15, 41, 64]) {
        for (const name of [BARE, 'edns18.example']) {
          for (const via of EACH) {
            const got = await rig.ask(asking(Buffer.alloc(octets, 1), name), via)
            assert.match(got.head, /^beef 0 FORMERR qr rd ra [01]\/0\/0\/[01]$/, `${octets} octets`)
          }
        }
      }
      assert.equal(rig.upstream.sawAnywhere('edns18'), 0)
      for (const octets of [8, 16, 17, 40])
        assert.match((await rig.ask(asking(Buffer.alloc(octets, 1)))).head, /^beef 0 NOERROR/, `${octets} octets`)
    }),
  )

  behaviour(
    'EDNS-19',
    'where cookies are required a wrong one is BADCOOKIE with a good one, and over TCP does no harm',
    () =>
      withCookies('required', async (rig) => {
        const ask = (cookie: Buffer, via: Via, name: string) => rig.ask(asking(cookie, name), via)
        const wrong = [
          Buffer.concat([CLIENT, Buffer.alloc(16, 9)]),
          Buffer.concat([CLIENT, serverCookie(CLIENT, now() - 3700)]),
          Buffer.concat([CLIENT, serverCookie(CLIENT, now() + 400)]),
          Buffer.concat([CLIENT, serverCookie(CLIENT, now(), Buffer.of(127, 0, 0, 9))]),
          Buffer.concat([CLIENT, serverCookie(Buffer.alloc(8), now())]),
        ]
        for (const cookie of wrong) {
          for (const name of [BARE, 'edns19.example']) {
            const overUdp = await ask(cookie, 'udp', name)
            assert.match(overUdp.head, /^beef 0 (BADCOOKIE|23) qr rd ra 1\/0\/0\/1$/)
            assertFresh(overUdp)
            assert.match((await ask(cookie, 'tcp', name)).head, /^beef 0 NOERROR qr (aa )?rd ra 1\/[12]\/0\/1$/)
            const [fresh = Buffer.alloc(0)] = cookieIn(overUdp)
            assert.match((await ask(fresh, 'udp', name)).head, /^beef 0 NOERROR qr (aa )?rd ra 1\/[12]\/0\/1$/)
          }
        }
      }),
  )

  behaviour('Q-01', 'what an operator wants to be told of a server is told in class CH', async () => {
    const open = await rigs.on()
    for (const [name, text] of [
      ['version.bind', 'feddns test'],
      ['VERSION.server', 'feddns test'],
      ['hostname.bind', 'node-b'],
      ['id.server', 'node-b'],
    ] as const) {
      for (const via of EACH) {
        const got = await open.ask(queryPacket(name, { id: 0xbeef, type: TYPE.TXT, class: CHAOS }), via)
        assert.equal(got.head, 'beef 0 NOERROR qr aa rd ra 1/1/0/0')
        assert.deepEqual(got.answer, [`${name.toLowerCase()}. 0 TXT "${text}"`])
        assert.equal(got.records[0]?.class, CHAOS)
      }
    }
    const other = await open.ask(queryPacket('authors.bind', { id: 0xbeef, type: TYPE.TXT, class: CHAOS }))
    assert.equal(other.head, 'beef 0 REFUSED qr rd ra 1/0/0/0')
  })

  behaviour('EDNS-15', 'NSID is told to whoever asks, where one is configured', async () => {
    const named = await rigs.on()
    for (const name of [BARE, 'edns15.example', 'edns15.example']) {
      for (const via of EACH) {
        const asked = await named.ask(queryPacket(name, { id: 0xbeef, edns: { options: ednsOption(NSID) } }), via)
        assert.deepEqual(optionsIn(asked, NSID), [Buffer.from('node-a')])
        // Also where several ask for it, and not where nobody does.
        assert.deepEqual((await named.ask(queryPacket(name, { id: 0xbeef, edns: {} }), via)).options, [])
        assert.equal((await named.ask(queryPacket(name, { id: 0xbeef }), via)).opt, undefined)
      }
    }
  })

  behaviour('CACHE-11', 'NSID is of the client that asks for it, whoever filled the cache', async () => {
    const own = await rigs.on()
    const nsid = { edns: { options: ednsOption(NSID) } }
    for (const name of ['cache11.example', 'web.shop.fleet']) {
      for (const via of [...EACH, ...EACH]) {
        assert.equal((await own.ask(queryPacket(name, { id: 0xbeef }), via)).opt, undefined)
        assert.deepEqual((await own.ask(queryPacket(name, { id: 0xbeef, ...nsid }), via)).options, [
          [NSID, Buffer.from('node-a')],
        ])
        assert.deepEqual((await own.ask(queryPacket(name, { id: 0xbeef, edns: {} }), via)).options, [])
      }
    }
  })
})
