import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { describe } from 'node:test'
import { TYPE } from '../../lib/dns/constants.ts'
import { TcpClient, UdpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { ednsOption, mutated, queryPacket, randomOctets, seededRandom, uint16s } from '../helpers/packets.ts'
import { parsePrometheusText } from '../observe/prometheus-text.ts'
import { feddns } from '../control/feddns.ts'
import { behaviour } from './behaviour.ts'
import { lazyRig, Rig, type Via } from './rig.ts'
import { readReply } from './reply.ts'
import { sendFromPort } from './raw-datagram.ts'
import { usual } from './scripted-server.ts'

// What nobody sends who means well.

/** The case has a million: `FEDDNS_MUTATIONS=1000000`. */
const MUTATIONS = Number(process.env['FEDDNS_MUTATIONS'] ?? 40_000)
const BATCH = 50
const BARE = 'web.shop.fleet'
const OWN = 'beef 0 NOERROR qr aa rd ra 1/2/0/0'
const FED = `${BARE}.svc.cluster.local`

const SEEDS: readonly Buffer[] = [
  queryPacket(BARE),
  queryPacket(FED, { type: TYPE.SRV, edns: {} }),
  queryPacket('www.wire17.example', { edns: { flags: 0x8000, options: ednsOption(10, Buffer.alloc(8, 1)) } }),
  queryPacket('_http._tcp.dual.shop.fleet', { type: TYPE.SRV, edns: { payloadOctets: 4096 } }),
  queryPacket('dead.shop.fleet', { type: TYPE.ANY }),
  queryPacket('version.bind', { type: TYPE.TXT, class: 3 }),
  queryPacket('localhost', { type: TYPE.AAAA, edns: { version: 1 } }),
  Buffer.concat([uint16s(1, 5 << 11, 1, 0, 1, 0), queryPacket('fleet', { type: TYPE.SOA }).subarray(12)]),
]

const asking = (name: string, parts: Parameters<typeof queryPacket>[1] = {}): Buffer =>
  queryPacket(name, { id: 0xbeef, ...parts })
const openFiles = async ({ resolver }: Rig): Promise<number> => (await readdir(`/proc/${resolver.pid}/fd`)).length

async function assertWell(rig: Rig): Promise<void> {
  for (const via of ['udp', 'tcp'] as const) assert.equal((await rig.ask(asking(BARE), via)).head, OWN)
}

/** Fails unless it is a reply to one of these, and no larger than it may be. */
function judge(octets: Buffer, ids: ReadonlySet<number>, via: Via): void {
  const story = octets.toString('hex')
  assert.ok(octets.length >= 12 && octets.length <= (via === 'udp' ? 1232 : 65_535), story)
  assert.ok((octets.readUInt16BE(2) & 0x8000) !== 0, story)
  assert.ok(ids.has(octets.readUInt16BE(0)), story)
  readReply(octets)
}

const talkative = lazyRig(() => ({ env: { FEDDNS_LOG_LEVEL: 'debug' } }))
const flooded = lazyRig(() => ({ asksBy: 'udp', config: { metrics: { corednsNames: true } } }))

describe('hostile clients', { concurrency: 4 }, () => {
  behaviour('WIRE-17', 'no packet, however it was broken, does any harm', async (t) => {
    await using rig = await Rig.start()
    await assertWell(rig)
    const before = await openFiles(rig)
    const random = seededRandom(Number(process.env['FEDDNS_SEED'] ?? 17))
    const make = () => {
      const packet =
        random(20) === 0 ? randomOctets(random, random(200)) : mutated(SEEDS[random(SEEDS.length)] as Buffer, random)
      return random(10) === 0 ? Buffer.concat([packet, mutated(SEEDS[random(SEEDS.length)] as Buffer, random)]) : packet
    }
    await using client = await UdpClient.open(rig.server())
    let replies = 0
    for (let sent = 0; sent < MUTATIONS; sent += BATCH) {
      const packets = Array.from({ length: BATCH }, make)
      const ids = new Set(packets.flatMap((one) => (one.length >= 2 ? [one.readUInt16BE(0)] : [])))
      for (const packet of packets) client.send(packet)
      // The probe has an id of its own; what comes late is still of these clients, whose ids are all known.
      const probe = asking(BARE, { id: 0x1235 })
      client.send(probe)
      for (let isProbe = false; !isProbe; ) {
        const { octets } = await client.next()
        isProbe =
          octets.readUInt16BE(0) === 0x1235 && readReply(octets).rcode === 0 && octets.includes(Buffer.of(10, 96, 0, 1))
        if (octets.readUInt16BE(0) !== 0x1235) judge(octets, seen(ids), 'udp')
        replies++
      }
    }
    for (let sent = 0; sent < MUTATIONS / 4; sent += BATCH) {
      const packets = Array.from({ length: BATCH }, make)
      const ids = new Set(packets.flatMap((one) => (one.length >= 2 ? [one.readUInt16BE(0)] : [])))
      await using connection = await TcpClient.open(rig.server())
      connection.send(...packets)
      connection.halfClose()
      // It may be cut: what is no query ends a connection.
      for (;;) {
        const octets = await connection.next().catch(() => undefined)
        if (octets === undefined) break
        judge(octets, ids, 'tcp')
        replies++
      }
    }
    t.diagnostic(`${MUTATIONS * 1.25} packets, ${replies} replies`)
    await assertWell(rig)
    await eventually(async () => assert.ok((await openFiles(rig)) <= before + 10), 20_000)
    assert.equal(await rig.metric('feddns_faults_total'), 0)
    assert.equal(await rig.metric('feddns_queries_in_flight'), 0)
    assert.deepEqual([rig.resolver.stderr, rig.resolver.notJson], ['', []])
  })

  behaviour('SEC-04', 'a datagram from port 0 is left alone', async () => {
    const rig = await talkative()
    await using client = await UdpClient.open(rig.server())
    const before = await rig.metric('feddns_socket_errors_total')
    const send = (fromPort: number, name: string) => sendFromPort(fromPort, asking(name), rig.server().port)
    for (const name of [BARE, 'zero.sec04.example']) for (let i = 0; i < 50; i++) send(0, name)
    // From any other port the same datagrams are questions.
    send(9, 'nine.sec04.example')
    await eventually(() => assert.equal(rig.upstream.askedOf('nine.sec04.example').length, 1))
    for (let i = 0; i < 5; i++) assert.equal(readReply(await client.ask(asking(BARE))).head, OWN)
    await assertWell(rig)
    assert.equal(rig.upstream.askedOf('zero.sec04.example').length, 0)
    assert.equal(await rig.metric('feddns_socket_errors_total'), before)
    assert.equal(await rig.metric('feddns_faults_total'), 0)
    assert.equal(rig.resolver.stderr, '')
  })

  // There is no log of queries; what the log has of them, and what an operator is shown, is in presentation form.
  behaviour('SEC-05', 'no octet of a name can make a line of the log, or move a cursor', async () => {
    const rig = await talkative()
    const odd = Buffer.concat([
      Buffer.of(9),
      Buffer.from('a\n\x1b"\\\r\x7f\x00.', 'latin1'),
      Buffer.from('\x05sec05\x07example\0', 'latin1'),
    ])
    rig.upstream.on('example', ({ query }) => [
      Buffer.concat([query.subarray(0, 2), Buffer.from('8182', 'hex'), query.subarray(4)]),
    ])
    for (const via of ['udp', 'tcp'] as const) await rig.ask(queryPacket(odd, { id: 0xbeef, edns: {} }), via)
    rig.upstream.on('example', ({ query }) => [
      Buffer.concat([query.subarray(0, 2), Buffer.from('8183', 'hex'), query.subarray(4)]),
    ])
    for (const via of ['udp', 'tcp'] as const) await rig.ask(queryPacket(odd, { id: 0xbeef }), via)
    rig.upstream.on('example', usual)
    const kept = Buffer.concat([odd.subarray(0, 11), Buffer.from('kept'), odd.subarray(11)])
    kept[10] = 9
    await rig.ask(queryPacket(kept, { id: 0xbeef }))
    assert.deepEqual([rig.resolver.notJson, rig.resolver.stderr], [[], ''])
    for (const line of rig.resolver.log) assert.doesNotMatch(JSON.stringify(line), /\\n|\\u001b|\\r/)
    const dumped = await feddns(['dump', '--control', rig.folder.file('c.sock')])
    assert.equal(dumped.code, 0)
    assert.match(dumped.stdout, /^a\\010\\027\\034\\092\\013\\127\\000\\046\.keptsec05\.example\. /m)
    const isControl = (character: string) => character !== '\n' && (character < ' ' || character === '\x7f')
    assert.deepEqual(dumped.stdout.split('').filter(isControl), [])
  })

  describe('one after the other', { concurrency: false }, () => {
    behaviour('SEC-06', 'whatever is asked, the metrics have no more labels than there are kinds', async () => {
      const rig = await flooded()
      const random = seededRandom(6)
      const families = async () => parsePrometheusText((await rig.page('/metrics')).body)
      await using client = await UdpClient.open(rig.server())
      for (let i = 0; i < 10_000; i += 50) {
        for (let j = 0; j < 50; j++) {
          const name = `n${random(1_000_000)}.${j % 10 === 0 ? 'sec06.example' : ['sec06.invalid', 'shop.x.fleet', 'localhost'][j % 3]}`
          client.send(
            queryPacket(name, {
              type: random(65_536),
              class: j % 10 === 0 ? random(65_536) : 1,
              flags: j % 7 === 0 ? random(32_768) : 0x100,
            }),
          )
        }
        for (let j = 0; j < 50; j++) await client.next()
      }
      const text = (await rig.page('/metrics')).body
      assert.ok(!/sec06|n\d{4}/.test(text))
      for (const [name, { samples }] of await families()) {
        // Types and rcodes that have a name, and one for all others; times two transports.
        assert.ok(samples.size <= 250, `${name}: ${samples.size}`)
      }
      const types = new Set([...text.matchAll(/^feddns_requests_total\{.*type="([^"]+)"/gm)].map(([, type]) => type))
      assert.ok(types.has('other') && types.size <= 60, [...types].join())
    })

    // A flood of a few seconds, of questions that nobody can answer. The sizes that the case names (twice the capacity for a
    // minute) are measured where server and generator have cores of their own: test/overload.
    behaviour(
      'SEC-08',
      'a flood keeps no other client from its answers for long, and leaves nothing behind',
      async () => {
        const rig = await flooded()
        rig.upstream.on('sec08.example', () => [])
        await assertWell(rig)
        await using flood = await UdpClient.open(rig.server(), '127.0.0.8')
        const until = Date.now() + 3000
        // As every stub resolver does, it asks again where no reply comes.
        const probe = async () => {
          for (let tries = 1; ; tries++) {
            const reply = await rig.ask(asking(BARE)).catch(() => undefined)
            if (reply?.head === OWN) return
            assert.ok(tries < 3 && reply === undefined, reply?.head ?? 'no reply to three tries')
          }
        }
        const probing: Promise<void>[] = []
        for (let id = 0; Date.now() < until; id++) {
          for (let i = 0; i < 200; i++) flood.send(queryPacket(`n${id}-${i}.sec08.example`, { id: i }))
          await new Promise((resolve) => setImmediate(resolve))
          if (id % 20 === 0) probing.push(probe())
        }
        await Promise.all(probing)
        await assertWell(rig)
        await eventually(async () => assert.equal(await rig.metric('feddns_queries_in_flight'), 0), 20_000)
        assert.equal(await rig.metric('feddns_faults_total'), 0)
      },
    )
  })
})

/** All ids of this test so far: a reply that was late may be to a batch before. */
const allIds = new Set<number>()
function seen(ids: ReadonlySet<number>): ReadonlySet<number> {
  for (const id of ids) allIds.add(id)
  return allIds
}
