import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { test } from 'node:test'
import { UdpCounters } from '../../lib/server/udp-counters.ts'
import type { ListenAddress } from '../../lib/server/listener.ts'
import { listenUdpBatched } from '../../lib/server/udp-batched.ts'
import type { Respond } from '../../lib/server/responder.ts'
import type { Library } from '../../lib/native/library.ts'
import { UdpClient } from '../helpers/dns-client.ts'
import { MovedClock } from '../helpers/moved-clock.ts'
import { library } from '../native/library-under-test.ts'

// What is particular to batches: many at once, and a system that takes some of them only.

const LOOPBACK = { host: '127.0.0.1', port: 0 }
const { EAGAIN, EPERM, ENOBUFS } = constants.errno

const echo: Respond = (packet) => packet
const echoLater: Respond = async (packet) => await Promise.resolve(packet)

/** Says how many of these are sent: fewer is what the system may do, and an error number is negative. */
type Take = (count: number) => number

/** The system, but for how much it takes at a time, and how often it was asked whether there is something. */
function limited(take: Take): Library & { looked: number } {
  const errno = new Int32Array(1)
  const sendmmsg = (...[fd, messages, count, flags]: Parameters<typeof library.functions.sendmmsg>): number => {
    const taken = take(count)
    if (taken > 0) return library.functions.sendmmsg(fd, messages, taken, flags)
    errno[0] = -taken
    return -1
  }
  // What other calls report matters less than that they go on: it is that there is nothing more to receive.
  const recvmmsg: typeof library.functions.recvmmsg = Object.assign(
    (...args: Parameters<typeof library.functions.recvmmsg>) => {
      system.looked++
      const count = library.functions.recvmmsg(...args)
      errno[0] = library.errno[0] ?? 0
      return count
    },
    { pointer: 0n },
  )
  const functions = { ...library.functions, recvmmsg, sendmmsg: Object.assign(sendmmsg, { pointer: 0n }) }
  const system = { ...library, errno, functions, looked: 0 }
  return system
}

class Echo implements AsyncDisposable {
  readonly errors: NodeJS.ErrnoException[] = []
  readonly clients: string[] = []
  readonly counters = new UdpCounters()
  readonly #clock = new MovedClock()
  readonly #listener: ReturnType<typeof listenUdpBatched>

  constructor(respond: Respond, of: Library = library, address: ListenAddress = LOOPBACK) {
    this.#listener = listenUdpBatched(address, {
      library: of,
      clock: this.#clock,
      counters: this.counters,
      onError: (error) => void this.errors.push(error),
      respond: (packet, client, carrier) => {
        this.clients.push(client)
        return respond(packet, client, carrier)
      },
    })
  }

  get address(): Promise<ListenAddress> {
    return this.#listener.then(({ address }) => address)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = (await this.#listener).close(0)
    this.#clock.advance(0)
    await closed
  }
}

/** What comes back of `count` datagrams that are sent at once, as numbers in order. */
async function echoed(client: UdpClient, count: number, expected = count): Promise<number[]> {
  for (let i = 0; i < count; i++) client.send(Buffer.from(String(i)))
  const back: number[] = []
  while (back.length < expected) back.push(Number((await client.next()).octets.toString()))
  return back.sort((a, b) => a - b)
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

for (const [what, respond] of [
  ['at once', echo],
  ['later', echoLater],
] as const) {
  test(`many datagrams are all answered ${what}, each with its own reply`, async () => {
    await using server = new Echo(respond)
    await using client = await UdpClient.open(await server.address)
    for (const count of [1, 63, 64, 65, 150]) assert.deepEqual(await echoed(client, count), upTo(count))
    assert.deepEqual(new Set(server.clients), new Set(['127.0.0.1']))
  })

  test(`where the system takes one at a time, all are sent ${what}`, async () => {
    await using server = new Echo(
      respond,
      limited(() => 1),
    )
    await using client = await UdpClient.open(await server.address)
    assert.deepEqual(await echoed(client, 100), upTo(100))
    assert.deepEqual(server.errors, [])
  })

  test(`where it takes none for a while, they are sent ${what} when it does again`, async () => {
    let refusals = 20
    const system = limited((count) => (refusals-- > 0 ? -EAGAIN : Math.min(count, 3)))
    await using server = new Echo(respond, system)
    await using client = await UdpClient.open(await server.address)
    assert.deepEqual(await echoed(client, 20), upTo(20))
    assert.deepEqual(await echoed(client, 20), upTo(20))
    assert.ok(refusals < 0)
    assert.deepEqual(server.errors, [])
    const looked = system.looked
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    assert.equal(system.looked, looked)
  })

  test(`one that may not be sent does not keep the others from it, ${what}`, async () => {
    let calls = 0
    await using server = new Echo(
      respond,
      limited(() => (++calls === 2 ? -EPERM : 1)),
    )
    await using client = await UdpClient.open(await server.address)
    assert.equal((await echoed(client, 30, 29)).length, 29)
    assert.deepEqual(
      server.errors.map(({ code }) => code),
      ['EPERM'],
    )
    assert.deepEqual(await echoed(client, 2), upTo(2))
  })

  test(`where there is no memory for them they are lost, which is told, ${what}`, async () => {
    let isFull = true
    await using server = new Echo(
      respond,
      limited((count) => (isFull ? -ENOBUFS : count)),
    )
    await using client = await UdpClient.open(await server.address)
    client.send(Buffer.from('lost'))
    while (server.errors.length === 0) await new Promise(setImmediate)
    assert.equal(server.errors[0]?.code, 'ENOBUFS')
    assert.equal(server.counters.unsent, 1)
    isFull = false
    assert.deepEqual(await echoed(client, 10), upTo(10))
  })
}

test('replies that come later go to who asked, though others asked meanwhile', async () => {
  const release = Promise.withResolvers<void>()
  await using server = new Echo(async (packet) => {
    await release.promise
    return packet
  })
  const address = await server.address
  await using one = await UdpClient.open(address)
  await using other = await UdpClient.open(address)
  one.send(Buffer.from('one'))
  while (server.clients.length < 1) await new Promise(setImmediate)
  other.send(Buffer.from('other'))
  while (server.clients.length < 2) await new Promise(setImmediate)
  release.resolve()
  assert.deepEqual([String((await one.next()).octets), String((await other.next()).octets)], ['one', 'other'])
})

test('no more than a batch waits for a system that takes nothing: the rest is lost, and then it goes on', async () => {
  let isStuck = true
  await using server = new Echo(
    echo,
    limited((count) => (isStuck ? -EAGAIN : count)),
  )
  await using client = await UdpClient.open(await server.address)
  for (let i = 0; i < 200; i++) client.send(Buffer.from(String(i)))
  while (server.clients.length < 200) await new Promise(setImmediate)
  isStuck = false
  for (let i = 0; i < 64; i++) await client.next()
  assert.deepEqual(await echoed(client, 10), upTo(10))
  assert.equal(client.waiting, 0)
  assert.equal(server.counters.unsent, 200 - 64)
})

test('what is longer than any query is not answered, and a reply longer than any is a fault that is told', async () => {
  await using server = new Echo((packet) => (packet.length === 1 ? Buffer.alloc(10_000) : packet))
  await using client = await UdpClient.open(await server.address)
  for (const length of [5000, 1, 4160]) client.send(Buffer.alloc(length))
  assert.equal((await client.next()).octets.length, 4160)
  assert.deepEqual(
    server.errors.map(({ name }) => name),
    ['RangeError'],
  )
  assert.equal(server.clients.length, 2)
})

test('packets are the responder’s to keep', async () => {
  const kept: Buffer[] = []
  await using server = new Echo((packet) => {
    kept.push(packet)
    return packet
  })
  await using client = await UdpClient.open(await server.address)
  await echoed(client, 100)
  await echoed(client, 100)
  assert.deepEqual(kept.slice(0, 100).map(String).sort(), upTo(100).map(String).sort())
})

test('a responder that throws is a fault of the process, as with any other socket', async () => {
  const thrown = Promise.withResolvers<unknown>()
  process.setUncaughtExceptionCaptureCallback(thrown.resolve)
  try {
    let isFirst = true
    await using server = new Echo((packet) => {
      if (!isFirst) return packet
      isFirst = false
      throw new Error('broken')
    })
    await using client = await UdpClient.open(await server.address)
    client.send(Buffer.from('0'))
    assert.match(String(await thrown.promise), /broken/)
    assert.deepEqual(await echoed(client, 10), upTo(10))
  } finally {
    process.setUncaughtExceptionCaptureCallback(null)
  }
})
