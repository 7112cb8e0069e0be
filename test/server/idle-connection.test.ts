import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame } from '../../lib/dns/frame-reader.ts'
import { askTcp, TcpClient } from '../helpers/dns-client.ts'
import { headerOf, queryPacket, uint16s } from '../helpers/packets.ts'
import { untilQuiet, withLarge } from './large-answers.ts'
import { Listening } from './listening.ts'
import { ScriptedResponder } from './scripted-responder.ts'

const query = (name: string, id = 1): Buffer => queryPacket(name, { id })
const queries = (name: string, count: number): Buffer[] => Array.from({ length: count }, (_, i) => query(name, i))
const idOf = (reply: Buffer): number => headerOf(reply).id

test('a connection without a query for the idle time is closed, properly and not before', async () => {
  const world = new ScriptedResponder()
  await using server = await Listening.tcp(world, { idleMs: 10_000 })
  await using client = await TcpClient.open(server.address)
  for (let round = 0; round < 3; round++) {
    await client.ask(query('web'))
    world.clock.advance(9999)
  }
  await client.ask(query('web'))
  world.clock.advance(9999)
  assert.equal(client.socket.readyState, 'open')
  world.clock.advance(1)
  await client.ended
  assert.equal(client.socket.errored, null)
})

// What a client sends that is no whole query, and how.
const IDLE: readonly [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['half a length', Buffer.of(0)],
  ['half a query', frame(query('web')).subarray(0, 20)],
  ['a length of 65,535 and little behind it', Buffer.concat([uint16s(65_535), query('web')])],
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: dns\r\n\r\n')],
  ['a TLS greeting', Buffer.from('16030100c8010000c40303', 'hex')],
]

for (const [what, octets] of IDLE) {
  test(`${what} does not keep a connection open`, async () => {
    const world = new ScriptedResponder()
    await using server = await Listening.tcp(world, { idleMs: 10_000 })
    await using client = await TcpClient.open(server.address)
    await client.ask(query('web'))
    world.clock.advance(5000)
    client.write(octets)
    await askTcp(server.address, query('web'))
    world.clock.advance(5000)
    await client.ended
    assert.equal(client.waiting, 0)
  })
}

test('a client that does not read its replies is let go after the idle time', async () => {
  const world = withLarge()
  await using server = await Listening.tcp(world, { idleMs: 10_000 })
  await askTcp(server.address, query('large'))
  await using client = await TcpClient.open(server.address)
  client.socket.pause()
  client.send(...queries('large', 500))
  await untilQuiet(world)
  world.clock.advance(10_000)
  client.socket.resume()
  await client.ended
  assert.ok(client.waiting < 500)
})

test('a connection with a query under way is not idle', async () => {
  const world = new ScriptedResponder()
  const release = world.hold('slow')
  await using server = await Listening.tcp(world, { idleMs: 1000 })
  await using client = await TcpClient.open(server.address)
  client.send(query('slow', 7))
  await askTcp(server.address, query('web'))
  world.clock.advance(5000)
  release()
  assert.equal(idOf(await client.next()), 7)
})

test('the idle time begins with the last reply, however long that took', async () => {
  const world = new ScriptedResponder()
  const release = world.hold('slow')
  await using server = await Listening.tcp(world, { idleMs: 10_000 })
  await using client = await TcpClient.open(server.address)
  client.send(query('slow'))
  await askTcp(server.address, query('web'))
  world.clock.advance(15_000)
  release()
  await client.next()
  world.clock.advance(9999)
  await askTcp(server.address, query('web'))
  assert.equal(client.socket.readyState, 'open')
  world.clock.advance(1)
  await client.ended
})

test('a client that reads its replies slowly, but does, gets all of them', async () => {
  const world = withLarge()
  await using server = await Listening.tcp(world, { idleMs: 10_000 })
  await askTcp(server.address, query('large'))
  await using client = await TcpClient.open(server.address)
  client.socket.pause()
  client.send(...queries('large', 500))
  await untilQuiet(world)
  let taken = 0
  for (let round = 0; round < 4; round++) {
    world.clock.advance(6000)
    client.socket.resume()
    taken += (await client.take(50)).length
    client.socket.pause()
    await untilQuiet(world)
  }
  client.socket.resume()
  await client.take(500 - taken)
})
