import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Carrier } from '../../lib/server/carrier.ts'
import type { ListenAddress } from '../../lib/server/listener.ts'
import { UdpCounters } from '../../lib/server/udp-counters.ts'
import { listenUdpBatched } from '../../lib/server/udp-batched.ts'
import { UdpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { openFlood } from '../helpers/flood.ts'
import { MovedClock, settled } from '../helpers/moved-clock.ts'
import { library } from '../native/library-under-test.ts'

// More than the receive buffer holds, of both kinds alternately.
const FLOOD = 16_000
// A turn of the event loop takes 256.
const [MORE_THAN_A_TURN, TURNS] = [600, 70]
const [FINISHED, TO_WORK_OUT] = [1, 2]

/** What is finished it answers; of the rest it counts what it may work out, and what not. */
class Server implements AsyncDisposable {
  /** By how much our clock is ahead of that of the kernel: so long everything has waited. */
  readonly #waitedMs: number
  readonly counters = new UdpCounters()
  readonly clock = new MovedClock()
  finished = 0
  workedOut = 0
  shed = 0
  readonly #listener = listenUdpBatched(
    { host: '127.0.0.1', port: 0 },
    {
      library,
      clock: this.clock,
      wallClock: () => Date.now() + this.#waitedMs,
      counters: this.counters,
      onError: (error) => assert.fail(error),
      respond: (packet, client, carrier) => this.#respond(packet, client, carrier),
    },
  )

  constructor(waitedMs: number) {
    this.#waitedMs = waitedMs
  }

  get address(): Promise<ListenAddress> {
    return this.#listener.then(({ address }) => address)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#listener).close(0)
  }

  #respond(packet: Buffer, client: string, { affords }: Carrier): Buffer | undefined {
    if (packet[0] === FINISHED) {
      this.finished++
      return packet
    }
    if (affords?.(client) === false) this.shed++
    else this.workedOut++
    return undefined
  }
}

const flood = await openFlood()
const alternately = (i: number): Buffer => Buffer.of(i % 2 === 0 ? FINISHED : TO_WORK_OUT)

async function quiet(server: Server): Promise<void> {
  for (let before = -1; before !== server.finished + server.workedOut + server.shed; await settled()) {
    before = server.finished + server.workedOut + server.shed
    for (let turn = 0; turn < 3; turn++) await settled()
  }
}

/** More than is taken, for some time: what comes of it. */
async function overload(server: Server): Promise<{ finished: number; workedOut: number; shed: number }> {
  const address = await server.address
  flood(address, FLOOD, alternately)
  for (let turn = 0; turn < TURNS; turn++) {
    await settled()
    flood(address, MORE_THAN_A_TURN, alternately)
  }
  await quiet(server)
  assert.equal(server.counters.shed, server.shed)
  return { finished: server.finished, workedOut: server.workedOut, shed: server.shed }
}

test('when everything has waited for long, what is finished is answered, and of the rest little is worked out', async () => {
  await using server = new Server(1000)
  const { finished, workedOut, shed } = await overload(server)
  assert.ok(finished + workedOut + shed < FLOOD + TURNS * MORE_THAN_A_TURN, 'the buffer was not full')
  assert.ok(shed > 2000, `${shed} shed`)
  // As much as the buffer holds, and rations.
  assert.ok(workedOut < FLOOD / 2 + shed / 32, `${workedOut} worked out, ${shed} shed`)
  // The kernel drops as many of the ones as of the others.
  assert.ok(Math.abs(finished - workedOut - shed) < 0.1 * finished, `${finished} finished`)
})

test('a second after nothing waits any more, everything is worked out', async () => {
  await using server = new Server(1000)
  const { workedOut, shed } = await overload(server)
  server.clock.advance(1000)
  flood(await server.address, 400, alternately)
  await quiet(server)
  assert.deepEqual([server.workedOut - workedOut, server.shed - shed], [200, 0])
})

test('what came while the process stood still is worked out as a whole', async () => {
  await using server = new Server(1000)
  flood(await server.address, FLOOD, alternately)
  await quiet(server)
  assert.ok(server.finished + server.workedOut < FLOOD, 'the buffer was not full')
  assert.equal(server.shed, 0)
})

test('what is taken as fast as it comes is worked out as a whole, however much it is', async () => {
  await using server = new Server(-60_000)
  const { shed } = await overload(server)
  assert.equal(shed, 0)
})

test('a burst that fits is worked out as a whole', async () => {
  await using server = new Server(1000)
  const burst = 200
  flood(await server.address, burst, alternately)
  await quiet(server)
  assert.deepEqual([server.finished, server.workedOut, server.shed], [burst / 2, burst / 2, 0])
})

test('a receive buffer that is smaller than was asked for is told of', async () => {
  const asUsual = Object.assign(() => 0, { pointer: 0n })
  const functions = { ...library.functions, setsockopt: asUsual }
  const told: number[] = []
  const listener = await listenUdpBatched(
    { host: '127.0.0.1', port: 0 },
    {
      library: { ...library, functions },
      clock: new MovedClock(),
      onError: (error) => assert.fail(error),
      respond: () => undefined,
      onSmallBuffer: (octets) => void told.push(octets),
    },
  )
  await listener.close(0)
  assert.deepEqual(told, [Number(readFileSync('/proc/sys/net/core/rmem_default', 'utf8')) / 2])
})

test('what is longer than any query is counted', async () => {
  await using server = new Server(1000)
  await using client = await UdpClient.open(await server.address)
  for (const length of [5000, 1, 60_000]) client.send(Buffer.alloc(length, FINISHED))
  await client.next()
  await eventually(() => assert.equal(server.counters.tooLong, 2))
})
