import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { FLAG, TYPE } from '../../lib/dns/constants.ts'
import { askTcp, TcpClient } from '../helpers/dns-client.ts'
import { headerOf, queryPacket } from '../helpers/packets.ts'
import { untilQuiet, withLarge } from './large-answers.ts'
import { Listening } from './listening.ts'
import { ScriptedResponder } from './scripted-responder.ts'

const query = (name: string, id = 1): Buffer => queryPacket(name, { id })
const idOf = (reply: Buffer): number => headerOf(reply).id

for (const host of ['127.0.0.1', '::1']) {
  test(`answers on ${host}, what it has to look up and what it knows`, async () => {
    await using server = await Listening.tcp(new ScriptedResponder(), {}, { host, port: 0 })
    await using client = await TcpClient.open(server.address)
    for (const id of [1, 2, 3]) {
      const reply = await client.ask(query('web', id))
      assert.deepEqual([idOf(reply), headerOf(reply).counts], [id, [1, 1, 0, 0]])
    }
  })
}

test('what UDP truncates is whole here, up to the largest message', async () => {
  await using server = await Listening.tcp(withLarge())
  const { counts, flags } = headerOf(await askTcp(server.address, query('large')))
  assert.deepEqual([counts[1], flags & FLAG.TC], [4000, 0])
})

test('length and message leave in one piece', async () => {
  await using server = await Listening.tcp(new ScriptedResponder())
  await using client = await TcpClient.open(server.address)
  client.send(query('web'))
  const [chunk] = (await once(client.socket, 'data')) as [Buffer]
  assert.equal(chunk.length, 2 + chunk.readUInt16BE(0))
})

test('requests over TCP are counted as such, and the ACL holds here too', async () => {
  const world = new ScriptedResponder({ allows: () => false })
  await using server = await Listening.tcp(world)
  assert.equal(headerOf(await askTcp(server.address, query('web'))).rcode, 5)
  assert.equal(world.responder.counters.tcpRequests[TYPE.A], 1)
})

test('closing answers what is under way, ends each connection and gives the address back', async () => {
  const world = new ScriptedResponder()
  const release = world.hold('slow')
  const server = await Listening.tcp(world)
  await using idle = await TcpClient.open(server.address)
  await using busy = await TcpClient.open(server.address)
  await idle.ask(query('web'))
  busy.send(query('slow', 7))
  await busy.ask(query('web', 8))
  const closed = server.listener.close(2000)
  await idle.ended
  release()
  assert.equal(idOf(await busy.next()), 7)
  await busy.ended
  idle.halfClose()
  busy.halfClose()
  await closed
  await using again = await Listening.tcp(world, {}, server.address)
  assert.equal(idOf(await askTcp(again.address, query('web', 3))), 3)
})

test('closing answers all that has come in, even to a client that reads slowly', async () => {
  const world = withLarge()
  const server = await Listening.tcp(world)
  await askTcp(server.address, query('large'))
  await using client = await TcpClient.open(server.address)
  client.socket.pause()
  client.send(...Array.from({ length: 300 }, (_, id) => query('large', id)))
  await untilQuiet(world)
  const closed = server.listener.close(2000)
  client.socket.resume()
  const replies = await client.take(300)
  assert.equal(replies.length, 300)
  await client.ended
  client.halfClose()
  await closed
})

test('closing takes no new connection, and after the grace it cuts those that are left', async () => {
  const world = new ScriptedResponder()
  world.hold('never')
  const server = await Listening.tcp(world)
  await using client = await TcpClient.open(server.address)
  client.send(query('never'))
  await client.ask(query('web'))
  const closed = server.listener.close(2000)
  await assert.rejects(TcpClient.open(server.address), { code: 'ECONNREFUSED' })
  world.clock.advance(1999)
  assert.equal(client.socket.readyState, 'open')
  world.clock.advance(1)
  await closed
  await client.ended
})

test('clients that reset the connection, before or amid the reply, do no harm', async () => {
  const world = withLarge()
  const release = world.hold('slow')
  await using server = await Listening.tcp(world, { maxConnections: 1000 })
  const [large, slow] = [query('large'), query('slow')].map((message) =>
    Buffer.concat([Buffer.of(0, message.length), message]),
  )
  for (let i = 0; i < 100; i++) {
    const socket = connect(server.address)
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(Buffer.concat(i % 2 === 0 ? [large!, large!, large!] : [slow!]))
    if (i % 4 === 0) await once(socket, 'readable')
    socket.resetAndDestroy()
    if (i === 50) release()
  }
  assert.equal(idOf(await askTcp(server.address, query('web', 9))), 9)
  assert.deepEqual([world.faults, server.errors], [[], []])
})

test('an address that is taken is refused, with the reason', async () => {
  const world = new ScriptedResponder()
  await using server = await Listening.tcp(world)
  await assert.rejects(Listening.tcp(world, {}, server.address), { code: 'EADDRINUSE' })
})
