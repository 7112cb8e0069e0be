import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { systemClock } from '../../../lib/base/clock.ts'
import { NativeUdpTransport } from '../../../lib/forward/transport/native-udp-transport.ts'
import { StreamPool } from '../../../lib/forward/transport/stream-pool.ts'
import { tcpConnector } from '../../../lib/forward/transport/tcp-connector.ts'
import type { Transport } from '../../../lib/forward/transport/transport.ts'
import { UdpTransport } from '../../../lib/forward/transport/udp-transport.ts'
import { ConnectedSockets } from '../../../lib/native/connected-sockets.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type LoopbackUpstream, loopbackUpstream } from '../../helpers/loopback-upstream.ts'
import { library } from '../../native/library-under-test.ts'
import { addressIn, answerTo, answerToOther, nameIn, truncated, withId } from './answers.ts'
import { UnderTest } from './pool-under-test.ts'
import { UdpServer } from './udp-server.ts'

// What both transports promise. Real sockets on the loopback interface.

const FROM_UDP = '192.0.2.1'
const FROM_TCP = '192.0.2.2'
const FORGED = '192.0.2.66'

const sockets = new ConnectedSockets(library)
after(() => sockets.close())

type Options = ConstructorParameters<typeof UdpTransport>[0]

const KINDS = {
  dgram: (options: Options) => new UdpTransport(options),
  native: (options: Options) => new NativeUdpTransport({ ...options, sockets }),
}

const transportsOf = ({ asked }: LoopbackUpstream): string => asked.map(({ transport }) => transport).join()

for (const [kind, make] of Object.entries(KINDS)) {
  /** UDP and TCP to the same port, as it is with a real upstream. */
  const udpTo = (server: Options['server'], matchCase = false): UnderTest & { tcp: UnderTest } => {
    const tcp = new UnderTest(
      (counters) => new StreamPool({ connector: tcpConnector(server), clock: systemClock, counters }),
    )
    const udp = new UnderTest((counters) => make({ server, tcp: tcp.transport, matchCase, counters }))
    const closeUdp = udp[Symbol.dispose].bind(udp)
    const close = () => {
      closeUdp()
      tcp[Symbol.dispose]()
    }
    return Object.assign(udp, { tcp, [Symbol.dispose]: close })
  }

  for (const host of ['127.0.0.1', '::1']) {
    test(`${kind}: asks ${host}, each question from a port of its own`, async () => {
      await using upstream = await loopbackUpstream((query) => [answerTo(query, FROM_UDP)], host)
      using udp = udpTo(upstream)
      for (let i = 0; i < 30; i++) assert.equal(addressIn(await udp.ask(`n${i}.example`)), FROM_UDP)
      assert.ok(new Set(upstream.asked.map(({ fromPort }) => fromPort)).size >= 25)
      assert.equal(udp.counters.mismatches, 0)
    })
  }

  for (const [what, forge] of [
    ['another id', (query: Buffer) => withId(answerTo(query, FORGED), query.readUInt16BE(0) ^ 1)],
    ['another question', answerToOther],
    ['a query', (query: Buffer) => query],
    ['nothing in it', () => Buffer.alloc(0)],
  ] as const) {
    test(`${kind}: after a reply with ${what} TCP decides, though the right one comes over UDP too`, async () => {
      await using upstream = await loopbackUpstream((query, transport) =>
        transport === 'udp' ? [forge(query), answerTo(query, FROM_UDP)] : [answerTo(query, FROM_TCP)],
      )
      using udp = udpTo(upstream)
      assert.equal(addressIn(await udp.ask('www.example')), FROM_TCP)
      assert.equal(udp.counters.mismatches, 1)
      assert.equal(transportsOf(upstream), 'udp,tcp')
    })
  }

  test(`${kind}: however many replies do not match, TCP is asked once`, async () => {
    await using upstream = await loopbackUpstream((query, transport) =>
      transport === 'udp'
        ? Array.from({ length: 20 }, (_, i) =>
            withId(answerTo(query, FORGED), (query.readUInt16BE(0) + i + 1) & 0xffff),
          )
        : [answerTo(query, FROM_TCP)],
    )
    using udp = udpTo(upstream)
    assert.equal(addressIn(await udp.ask('www.example')), FROM_TCP)
    assert.equal(transportsOf(upstream), 'udp,tcp')
  })

  test(`${kind}: where TCP fails after such a reply, the one over UDP that matches counts, be it early or late`, async () => {
    for (const isLate of [false, true]) {
      const overTcp = Promise.withResolvers<Buffer>()
      const tcp: Transport = { exchange: () => overTcp.promise, close: () => {} }
      await using upstream = await UdpServer.start()
      using udp = new UnderTest((counters) => make({ server: upstream.address, tcp, matchCase: false, counters }))
      const reply = udp.ask('www.example')
      const { query, send } = await upstream.asked
      send(answerToOther(query))
      if (!isLate) send(answerTo(query, FROM_UDP))
      await eventually(() => assert.equal(udp.counters.mismatches, 1))
      overTcp.reject(new Error('no TCP here'))
      await new Promise(setImmediate)
      if (isLate) send(answerTo(query, FROM_UDP))
      assert.equal(addressIn(await reply), FROM_UDP)
    }
  })

  test(`${kind}: a reply that spells the name otherwise counts, unless letter case has to match: then TCP decides`, async () => {
    const spellsOtherwise = (query: Buffer, transport: 'udp' | 'tcp') => {
      const reply = answerTo(query, transport === 'udp' ? FROM_UDP : FROM_TCP)
      return [Buffer.from(reply.toString('latin1').replaceAll('ExAmple', 'example'), 'latin1')]
    }
    await using upstream = await loopbackUpstream(spellsOtherwise)
    using loose = udpTo(upstream)
    assert.equal(addressIn(await loose.ask('wwW.ExAmple')), FROM_UDP)
    using strict = udpTo(upstream, true)
    assert.equal(addressIn(await strict.ask('wwW.ExAmple')), FROM_TCP)
    assert.deepEqual([loose.counters.mismatches, strict.counters.mismatches], [0, 1])
    assert.equal(addressIn(await strict.ask('www.example')), FROM_UDP)
  })

  test(`${kind}: a truncated reply is asked for again over TCP`, async () => {
    await using upstream = await loopbackUpstream((query, transport) => [
      transport === 'udp' ? truncated(answerTo(query, FROM_UDP)) : answerTo(query, FROM_TCP),
    ])
    using udp = udpTo(upstream)
    assert.equal(addressIn(await udp.ask('www.example')), FROM_TCP)
    assert.equal(transportsOf(upstream), 'udp,tcp')
  })

  test(`${kind}: many truncated replies share connections`, async () => {
    await using upstream = await loopbackUpstream((query, transport) => [
      transport === 'udp' ? truncated(answerTo(query, FROM_UDP)) : answerTo(query, FROM_TCP),
    ])
    using udp = udpTo(upstream)
    const replies = await Promise.all(Array.from({ length: 100 }, (_, i) => udp.ask(`n${i}.example`)))
    assert.deepEqual(
      replies.map((reply) => `${nameIn(reply)} ${addressIn(reply)}`),
      Array.from({ length: 100 }, (_, i) => `n${i}.example ${FROM_TCP}`),
    )
    assert.ok(udp.tcp.counters.connectionsOpened <= 8)
  })

  test(`${kind}: where TCP fails for a truncated reply, the error is that of TCP, and says so`, async () => {
    await using upstream = await loopbackUpstream((query) => [truncated(answerTo(query, FROM_UDP))])
    const tcp: Transport = { exchange: () => Promise.reject(new Error('ECONNREFUSED')), close: () => {} }
    using udp = new UnderTest((counters) => make({ server: upstream, tcp, matchCase: false, counters }))
    await assert.rejects(udp.ask('www.example'), /reply over UDP was truncated, and TCP failed: ECONNREFUSED/)
  })

  test(`${kind}: a closed port is an error at once`, async () => {
    const gone = await loopbackUpstream(() => [])
    await gone[Symbol.asyncDispose]()
    using udp = udpTo(gone)
    await assert.rejects(udp.ask('www.example'), { code: 'ECONNREFUSED' })
  })

  test(`${kind}: a signal ends it whenever it is aborted, over TCP too`, async () => {
    await using silent = await loopbackUpstream((query, transport) =>
      transport === 'udp' && nameIn(query) === 'tcp.example' ? [truncated(answerTo(query))] : [],
    )
    using udp = udpTo(silent)
    await assert.rejects(udp.ask('a.example', { signal: AbortSignal.abort(new Error('before')) }), /before/)
    assert.equal(silent.asked.length, 0)
    const atOnce = new AbortController()
    const cut = udp.ask('b.example', { signal: atOnce.signal })
    atOnce.abort(new Error('at once'))
    await assert.rejects(cut, /at once/)
    // One of them has sent it by then.
    const sent = kind === 'native' ? 1 : 0
    await eventually(() => assert.equal(silent.asked.length, sent))
    silent.asked.length = 0
    for (const [name, transports] of [
      ['udp.example', 'udp'],
      ['tcp.example', 'udp,udp,tcp'],
    ] as const) {
      const later = new AbortController()
      const reply = udp.ask(name, { signal: later.signal })
      await eventually(() => assert.equal(transportsOf(silent), transports))
      later.abort(new Error('later'))
      await assert.rejects(reply, /later/)
    }
  })

  test(`${kind}: closing rejects what is under way and what comes later`, async () => {
    await using silent = await loopbackUpstream(() => [])
    using udp = udpTo(silent)
    const reply = udp.ask('www.example')
    await eventually(() => assert.equal(silent.asked.length, 1))
    udp.transport.close()
    for (const rejected of [reply, udp.ask('later.example')]) await assert.rejects(rejected, /was closed/)
  })

  test(`${kind}: no socket stays open after a thousand questions, however they end`, async () => {
    await using upstream = await loopbackUpstream((query) => (nameIn(query).startsWith('n') ? [answerTo(query)] : []))
    const gone = await loopbackUpstream(() => [])
    await gone[Symbol.asyncDispose]()
    using udp = udpTo(upstream)
    using refused = udpTo(gone)
    // So many at a time as the buffer of the server's socket takes.
    for (let round = 1; round <= 20; round++) {
      const abort = new AbortController()
      const asked = Array.from({ length: 20 }, (_, i) => [
        udp.ask(`n${i}.example`),
        udp.ask(`silent${i}.example`, { signal: abort.signal }),
        refused.ask(`r${i}.example`),
      ])
      const all = Promise.allSettled(asked.flat())
      await eventually(() => assert.equal(upstream.asked.length, 40 * round))
      abort.abort()
      const results = await all
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 20)
    }
    const open = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('UDP')).length
    await eventually(() => assert.equal(open(), 1)) // that of the server
    assert.equal(sockets.inUse, 0)
  })
}
