import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame } from '../../lib/dns/frame-reader.ts'
import { idleTimeMs } from '../../lib/server/idle-time.ts'
import { askTcp, TcpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { headerOf, queryPacket } from '../helpers/packets.ts'
import { untilQuiet, withLarge } from './large-answers.ts'
import { Crowd } from './crowd.ts'
import { streamsOf } from './listening.ts'
import { ScriptedResponder } from './scripted-responder.ts'

const BAD = '127.0.0.2'
const query = (name: string, id = 1): Buffer => queryPacket(name, { id })
const idOf = (reply: Buffer): number => headerOf(reply).id

const assertOpen = async (clients: readonly TcpClient[]): Promise<void> => {
  for (const client of clients) assert.equal(idOf(await client.ask(query('web', 7))), 7)
}

/** Ended by a FIN, with nothing lost. */
async function assertEnded({ socket, ended, waiting }: TcpClient): Promise<void> {
  await ended
  assert.deepEqual([socket.errored, waiting], [null, 0])
}

/** What is sent there meets nobody. */
const assertCut = (client: TcpClient): Promise<void> =>
  eventually(() => {
    client.send(query('web'))
    assert.equal(client.socket.readyState, 'closed')
  })

test('TCP-10: a client with too many connections loses its own, the one that is idle for longest first', async () => {
  await using crowd = await Crowd.at({ maxConnections: 1000, maxPerClient: 3 })
  const [neighbour] = await crowd.asks(1)
  const [first, second, third] = await crowd.asks(3, BAD)
  await first?.ask(query('web'))
  const fourth = await crowd.ask(BAD)
  await assertEnded(second!)
  await assertOpen([neighbour!, first!, third!, fourth])
  assert.deepEqual(crowd.table.counters.tcp.closed.room, 1)
})

test('when all seats are taken, the client with the most connections loses one; its neighbours none', async () => {
  await using crowd = await Crowd.at({ maxConnections: 6, maxPerClient: 5 })
  const neighbours = [await crowd.ask('127.0.0.3'), await crowd.ask('127.0.0.4')]
  const bad = await crowd.asks(4, BAD)
  const newcomer = await crowd.ask('127.0.0.5')
  await assertEnded(bad[0]!)
  await assertOpen([...neighbours, ...bad.slice(1), newcomer])
  // Who has more than the others takes from nobody but itself.
  const fifth = await crowd.ask(BAD)
  await assertEnded(bad[1]!)
  await assertOpen([...neighbours, newcomer, fifth])
  assert.equal(crowd.table.open, 6)
})

test('a connection that is owed an answer does not make room: then the new one is turned away, and counted', async () => {
  const world = new ScriptedResponder()
  const release = world.hold('slow')
  await using crowd = await Crowd.at({ maxConnections: 2 }, world)
  const busy = await crowd.asks(2)
  for (const [i, client] of busy.entries()) client.send(query('slow', i))
  await eventually(() => assert.equal(world.responder.inFlight, 2))
  const third = await crowd.open()
  await third.ended
  assert.equal(crowd.table.counters.tcp.refused, 1)
  release()
  for (const [i, client] of busy.entries()) assert.equal(idOf(await client.next()), i)
})

test('replies that a client has not taken for a second do not keep its seat', async () => {
  const world = withLarge()
  await using crowd = await Crowd.at({ maxConnections: 2, leastIdleMs: 10_000 }, world)
  const [greedy, good] = await crowd.asks(2)
  await greedy?.ask(query('large'))
  greedy?.socket.pause()
  greedy?.send(...Array.from({ length: 300 }, (_, id) => query('large', id)))
  await untilQuiet(world)
  world.clock.advance(1000)
  await good?.ask(query('web'))
  const third = await crowd.ask(BAD)
  greedy?.socket.resume()
  await greedy?.ended
  await assertOpen([good!, third])
})

test('addresses share their seats', async () => {
  const world = new ScriptedResponder()
  const streams = streamsOf(world, { maxConnections: 2 }, [])
  const listeners = [await streams.listenTcp(LOOPBACK), await streams.listenTcp(LOOPBACK)]
  const clients: TcpClient[] = []
  for (const { address } of [...listeners, ...listeners]) {
    clients.push(await TcpClient.open(address))
    await clients.at(-1)?.ask(query('web'))
    world.clock.advance(1)
  }
  assert.equal(streams.table.open, 2)
  await assertEnded(clients[0]!)
  for (const client of clients) await client[Symbol.asyncDispose]()
  for (const listener of listeners) {
    const closed = listener.close(0)
    world.clock.advance(0)
    await closed
  }
})

const LOOPBACK = { host: '127.0.0.1', port: 0 }

test('the idle time shrinks from half of the seats on, and is what carriers tell; 0 before the end', async () => {
  await using crowd = await Crowd.at({ maxConnections: 10, maxPerClient: 10, idleMs: 10_000, leastIdleMs: 1000 })
  await crowd.asks(5)
  assert.equal(crowd.table.idleMs, 10_000)
  await crowd.asks(3)
  assert.equal(Math.round(crowd.table.idleMs), 4600)
  await crowd.asks(2)
  assert.equal(crowd.table.idleMs, 1000)
  crowd.table.drain()
  assert.equal(crowd.table.idleMs, 0)
})

test('the idle time as a table', () => {
  const limits = { maxConnections: 1000, idleMs: 10_000, leastIdleMs: 1000 }
  const times = [0, 500, 501, 750, 1000, 1100].map((open) => Math.round(idleTimeMs(open, limits)))
  assert.deepEqual(times, [10_000, 10_000, 9982, 5500, 1000, 1000])
})

test('connections that were idle for longer than the time that has shrunk are closed at once', async () => {
  await using crowd = await Crowd.at({ maxConnections: 4, idleMs: 10_000, leastIdleMs: 1000 })
  const [first] = await crowd.asks(1)
  crowd.world.clock.advance(8000)
  await crowd.asks(2)
  await assertEnded(first!)
  assert.equal(crowd.table.counters.tcp.closed.idle, 1)
})

test('TCP-06: whoever does not end a connection that we have ended is cut off a second later', async () => {
  await using crowd = await Crowd.at({ idleMs: 10_000, lingerMs: 1000 })
  const [client] = await crowd.asks(1)
  crowd.world.clock.advance(9999)
  await assertEnded(client!)
  assert.equal(client?.socket.readyState, 'writeOnly')
  assert.equal(crowd.table.open, 0)
  // What it still sends does no harm to it.
  client?.send(query('web'))
  assert.equal(client?.socket.readyState, 'writeOnly')
  crowd.world.clock.advance(1000)
  await assertCut(client)
})

test('of those that we have ended only so many are waited for', async () => {
  await using crowd = await Crowd.at({ maxPerClient: 1, maxLeaving: 2 })
  const clients = await crowd.asks(5)
  for (const client of clients.slice(0, 4)) await client.ended
  // The other ends are still open.
  await assertCut(clients[0]!)
  assert.equal(clients[3]?.socket.readyState, 'writeOnly')
})

test('what was asked before what is no query is answered', async () => {
  const world = new ScriptedResponder()
  const release = world.hold('slow')
  await using crowd = await Crowd.at({}, world)
  const client = await crowd.open()
  client.write(Buffer.concat([frame(query('slow', 5)), frame(query('web', 6)), Buffer.of(0, 3, 1, 2, 3)]))
  assert.equal(idOf(await client.next()), 6)
  release()
  assert.equal(idOf(await client.next()), 5)
  await client.ended
  assert.equal(crowd.table.counters.tcp.closed.malformed, 1)
})

test('a client that asks now and then but takes no reply is cut off all the same', async () => {
  const world = withLarge()
  await using crowd = await Crowd.at({ stallMs: 10_000 }, world)
  const [client] = await crowd.asks(1)
  await client?.ask(query('large'))
  client?.socket.pause()
  client?.send(...Array.from({ length: 300 }, (_, id) => query('large', id)))
  await untilQuiet(world)
  for (let seconds = 0; seconds < 10; seconds++) {
    client?.send(query('web'))
    await askTcp(crowd.server.address, query('web'))
    crowd.world.clock.advance(1000)
  }
  client?.socket.resume()
  await client?.ended
  assert.equal(crowd.table.counters.tcp.closed.stalled, 1)
  await eventually(() => assert.equal(crowd.table.unsentOctets, 0))
})

test('replies that nobody takes share one bound: beyond it no more are made for those who take none', async () => {
  const world = withLarge()
  await using crowd = await Crowd.at({ maxUnsentOctetsOfAll: 100_000, maxUnsentOctets: 1_000_000_000 }, world)
  const greedy = await crowd.asks(3)
  for (const client of greedy) {
    client.socket.pause()
    client.send(...Array.from({ length: 500 }, (_, id) => query('large', id)))
  }
  await untilQuiet(world)
  assert.ok(crowd.table.unsentOctets < 100_000 + 4 * 65_537, `${crowd.table.unsentOctets} octets`)
  await assertOpen([await crowd.ask(BAD)])
  for (const client of greedy) {
    client.socket.resume()
    assert.equal((await client.take(500)).length, 500)
  }
})

test('a pipeline of 10,000 is answered, and who asks meanwhile does not wait for its end', async () => {
  await using crowd = await Crowd.at({})
  const pipeline = await crowd.open(BAD)
  const [other] = await crowd.asks(1)
  pipeline.send(...Array.from({ length: 10_000 }, (_, id) => query('web', id)))
  await pipeline.next()
  await assertOpen([other!])
  const before = pipeline.waiting
  assert.ok(before < 9000, `${before} replies came before one to somebody else`)
  const replies = await pipeline.take(9999)
  assert.equal(new Set(replies.map(idOf)).size, 9999)
})

test('TCP-09: 1,000 clients that reset amid a reply leave nothing behind', async () => {
  const world = withLarge()
  await using crowd = await Crowd.at({}, world)
  await askTcp(crowd.server.address, query('large'))
  for (let i = 0; i < 1000; i++) {
    const client = await TcpClient.open(crowd.server.address)
    client.send(query('large'), query('large'))
    if (i % 2 === 0) await client.next()
    client.socket.resetAndDestroy()
  }
  await eventually(() => assert.deepEqual([crowd.table.open, crowd.table.unsentOctets], [0, 0]))
  assert.deepEqual([world.faults, crowd.server.errors], [[], []])
})
