import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { FLAG, PLAIN_UDP_OCTETS, RCODE, TYPE } from '../../lib/dns/constants.ts'
import { readMessage } from '../../lib/dns/message.ts'
import type { ListenAddress } from '../../lib/server/listener.ts'
import type { Report } from '../helpers/abused-server.ts'
import { TcpClient, UdpClient } from '../helpers/dns-client.ts'
import { settled } from '../helpers/moved-clock.ts'
import {
  ednsOption,
  headerOf,
  mutated,
  queryPacket,
  type Random,
  randomOctets,
  seededRandom,
} from '../helpers/packets.ts'

const ROUNDS = 6
const UDP_BATCHES = 120
const UDP_BATCH = 100 // what the kernel holds for a server that is busy elsewhere
const TCP_CONNECTIONS = 120
const TCP_BATCH = 40
const LARGEST_UDP_REPLY = 1232
const MAX_STALL_MS = 50
const MAX_GROWTH_OCTETS = 24 * 1024 * 1024
const PROBE_TRIES = 5

const NAMES = [
  'web',
  'Web.Shop.myfed.svc.cluster.local',
  '_http._tcp.web.shop.fed',
  '.',
  'a.'.repeat(120),
  'x'.repeat(63),
]
const TYPES = [TYPE.A, TYPE.AAAA, TYPE.SRV, TYPE.ANY, TYPE.TXT, TYPE.SOA, 65_280]

/** A query as good as any, or mutated, or octets without sense. Its id is this one, unless that was hit too. */
function noise(random: Random, id: number): Buffer {
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T
  const kind = random(20)
  if (kind < 2) return randomOctets(random, random(600))
  const options = random(4) === 0 ? ednsOption(random(20), randomOctets(random, random(100))) : undefined
  const flags = random(8) === 0 ? 0x8000 : 0
  const edns = { payloadOctets: pick([0, 512, 1232, 4096, 65_535]), flags, ...(options && { options }) }
  const query = queryPacket(pick(NAMES), {
    id,
    type: pick(TYPES),
    flags: pick([FLAG.RD, 0]),
    ...(random(2) === 0 && { edns }),
  })
  return kind < 4 ? query : mutated(query, random)
}

const idsOf = (packets: readonly Buffer[]): number[] =>
  packets.flatMap((packet) => (packet.length < 12 ? [] : [packet.readUInt16BE(0)]))

/** A reply that a client could do something with, to one of these packets. */
function assertLegal(reply: Buffer, ids: ReadonlySet<number>, overUdp: boolean): void {
  assert.ok(reply.length >= 12, 'shorter than a header')
  const { id, flags, counts } = headerOf(reply)
  assert.equal(flags & FLAG.QR, FLAG.QR, 'QR')
  assert.ok(ids.has(id), 'an id that was not sent')
  const isRead = counts[0] === 1
  if (isRead) assert.equal(readMessage(reply).bytes.length, reply.length, 'octets behind the last record')
  else assert.deepEqual(counts.slice(0, 3), [0, 0, 0], 'records without a question')
  if (!overUdp) return
  assert.ok(reply.length <= LARGEST_UDP_REPLY, `${reply.length} octets over UDP`)
  assert.ok(counts[3] !== 0 || reply.length <= PLAIN_UDP_OCTETS, `${reply.length} octets without EDNS`)
}

async function assertProbed(client: TcpClient | UdpClient): Promise<void> {
  const probe = queryPacket('probe.example', { id: 0xbeef })
  for (let tries = 1; ; tries++) {
    client.send(probe)
    const reply = await client.next(1000).catch(() => undefined)
    const octets = reply !== undefined && 'octets' in reply ? reply.octets : reply
    if (octets === undefined) {
      assert.ok(tries < PROBE_TRIES, 'a probe is not answered any more')
      continue
    }
    const { id, rcode, counts } = headerOf(octets)
    assert.deepEqual([id, rcode, counts[1]], [0xbeef, RCODE.NOERROR, 17])
    return
  }
}

/** How many replies came. */
async function abuseUdp(server: ListenAddress, random: Random): Promise<number> {
  await using client = await UdpClient.open(server)
  await using prober = await UdpClient.open(server)
  let replies = 0
  const lately: number[][] = []
  for (let batch = 0; batch < UDP_BATCHES; batch++) {
    const packets = Array.from({ length: UDP_BATCH }, (_, i) => noise(random, batch * UDP_BATCH + i))
    // A reply may come some batches late: of all that waits in a socket Node takes 32 in a turn.
    lately.push(idsOf(packets))
    const ids = new Set(lately.slice(-8).flat())
    for (const packet of packets) client.send(packet)
    await assertProbed(prober)
    for (let turn = 0; turn < 4; turn++) await settled()
    for (; client.waiting > 0; replies++) assertLegal((await client.next()).octets, ids, true)
  }
  return replies
}

async function abuseTcp(server: ListenAddress, random: Random): Promise<number> {
  await using prober = await TcpClient.open(server)
  let replies = 0
  for (let i = 0; i < TCP_CONNECTIONS; i++) {
    await using client = await TcpClient.open(server)
    const packets = Array.from({ length: TCP_BATCH }, (_, id) => noise(random, id))
    client.send(...packets)
    // Octets that are no frames, and an end within one.
    if (random(2) === 0) client.write(randomOctets(random, random(300)))
    if (random(10) === 0) client.socket.resetAndDestroy()
    else client.halfClose()
    await client.ended
    // What stands behind the packets may look like a query, with any id.
    const ids = new Set(idsOf(packets))
    for (; client.waiting > 0; replies++) assertLegal(await client.next(), ids, false)
    await assertProbed(prober)
  }
  return replies
}

/** A server as a process of its own; `gone` aborts when it has ended, which it should not. */
class Server implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #gone = new AbortController()

  constructor() {
    const fixture = join(import.meta.dirname, '../helpers/abused-server.ts')
    this.#child = fork(fixture, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child.once('exit', (...how) => this.#gone.abort(new Error(`the server has ended: ${how.join(' ')}`)))
  }

  /** What it says next: once when it listens, and then when it is asked. */
  async report(): Promise<Report> {
    const [report] = (await once(this.#child, 'message', { signal: this.#gone.signal })) as [Report]
    return report
  }

  async ask(): Promise<Report> {
    this.#gone.signal.throwIfAborted()
    this.#child.send('report')
    return await this.report()
  }

  /** It learns a moment later that its clients have gone. */
  async askWhenQuiet(): Promise<Report> {
    let report = await this.ask()
    for (let tries = 0; tries < 50 && report.openConnections > 0; tries++) report = await this.ask()
    return report
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#gone.signal.aborted) return
    this.#child.disconnect()
    await once(this.#child, 'exit')
  }
}

test('100,000 packets without sense over UDP and TCP: nothing breaks, stalls, leaks or stays unanswered', async (t) => {
  const seed = Number(process.env['FEDDNS_SEED'] ?? randomInt(2 ** 32))
  t.diagnostic(`FEDDNS_SEED=${seed} sends the same packets again`)
  await using server = new Server()
  const before = await server.report()
  const address = { host: '127.0.0.1', port: before.port }
  const stallsMs: number[] = []
  let replies = 0
  for (let round = 0; round < ROUNDS; round++) {
    const seeds = [seed + 2 * round, seed + 2 * round + 1] as const
    const [overUdp, overTcp] = await Promise.all([
      abuseUdp(address, seededRandom(seeds[0])),
      abuseTcp(address, seededRandom(seeds[1])),
    ])
    replies += overUdp + overTcp
    stallsMs.push((await server.ask()).longestStallMs)
  }
  const { memoryOctets, openConnections, inFlight } = await server.askWhenQuiet()
  const growth = memoryOctets - before.memoryOctets
  t.diagnostic(`${replies} replies, stalls of ${stallsMs.map(Math.round).join(', ')} ms, ${growth} octets more`)
  assert.ok(replies > 10_000, `${replies} replies`)
  // One round may have met with something that is none of our doing.
  const longStallsMs = stallsMs.filter((stallMs) => stallMs >= MAX_STALL_MS)
  assert.ok(longStallsMs.length < 2, `stalls of ${longStallsMs.join(', ')} ms`)
  assert.ok(growth < MAX_GROWTH_OCTETS, `${growth} octets more`)
  assert.deepEqual([openConnections, inFlight], [0, 0])
})
