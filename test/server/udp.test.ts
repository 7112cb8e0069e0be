import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLAG } from '../../lib/dns/constants.ts'
import type { ListenAddress } from '../../lib/server/listener.ts'
import { askUdp, UdpClient } from '../helpers/dns-client.ts'
import { settled } from '../helpers/moved-clock.ts'
import { headerOf, queryPacket, uint16s } from '../helpers/packets.ts'
import { ListeningUdp } from './listening-udp.ts'
import { addressesOf, ScriptedResponder } from './scripted-responder.ts'

// What both listeners promise. What is particular to batches: udp-batches.test.ts.

const query = (name: string, id = 1): Buffer => queryPacket(name, { id })
const idOf = (reply: Buffer): number => headerOf(reply).id

for (const kind of ['dgram', 'batched'] as const) {
  const listening = (world: ScriptedResponder, address?: ListenAddress) => ListeningUdp.start(kind, world, address)

  for (const host of ['127.0.0.1', '::1']) {
    test(`${kind}: answers on ${host}, what it has to look up and what it knows`, async () => {
      await using server = await listening(new ScriptedResponder(), { host, port: 0 })
      assert.equal(server.address.host, host)
      assert.notEqual(server.address.port, 0)
      for (const id of [1, 2, 3]) {
        const reply = await askUdp(server.address, query('web', id))
        assert.deepEqual([idOf(reply), headerOf(reply).counts], [id, [1, 1, 0, 0]])
      }
    })
  }

  test(`${kind}: a reply comes from the address and the port that were asked, with two addresses of one host`, async () => {
    const world = new ScriptedResponder()
    await using one = await listening(world)
    const { port } = one.address
    await using other = await listening(world, { host: '127.0.0.2', port })
    for (const { address } of [one, other, one]) {
      await using client = await UdpClient.open(address)
      client.send(query('web'))
      assert.deepEqual((await client.next()).from, address)
    }
  })

  test(`${kind}: who asks is known by the address that it asks from`, async () => {
    await using server = await listening(new ScriptedResponder({ allows: (client) => client === '127.0.0.9' }))
    const rcodes = []
    for (const from of ['127.0.0.9', '127.0.0.1']) {
      await using client = await UdpClient.open(server.address, from)
      rcodes.push(headerOf(await client.ask(query('web'))).rcode)
    }
    assert.deepEqual(rcodes, [0, 5])
  })

  test(`${kind}: a slow answer holds up no other`, async () => {
    const world = new ScriptedResponder()
    const release = world.hold('slow')
    await using server = await listening(world)
    await using client = await UdpClient.open(server.address)
    client.send(query('slow', 1))
    assert.equal(idOf(await client.ask(query('web', 2))), 2)
    release()
    assert.equal(idOf((await client.next()).octets), 1)
  })

  test(`${kind}: an answer that does not fit is truncated, and one of 1232 octets is sent whole`, async () => {
    const world = new ScriptedResponder()
    const web = queryPacket('web', { edns: {} })
    const many = Array.from({ length: 75 }, (_, i) => `10.0.0.${i}`)
    world.answer('web', () => addressesOf(world.asked.at(-1)!, many))
    await using server = await listening(world)
    const whole = await askUdp(server.address, web)
    assert.deepEqual([whole.length, headerOf(whole).flags & FLAG.TC], [1232, 0])
    const cut = await askUdp(server.address, query('web'))
    assert.equal(headerOf(cut).flags & FLAG.TC, FLAG.TC)
  })

  test(`${kind}: no word to what is no query: the next reply is that to the next query`, async () => {
    await using server = await listening(new ScriptedResponder())
    await using client = await UdpClient.open(server.address)
    for (const noise of [
      Buffer.alloc(0),
      Buffer.of(1),
      uint16s(1, 2, 3, 4, 5),
      queryPacket('web', { flags: FLAG.QR }),
    ]) {
      client.send(noise)
    }
    assert.equal(idOf(await client.ask(query('web', 7))), 7)
    assert.equal(client.waiting, 0)
  })

  test(`${kind}: clients that are gone when their reply comes do no harm`, async () => {
    const world = new ScriptedResponder()
    const release = world.hold('slow')
    await using server = await listening(world)
    for (let i = 0; i < 50; i++) {
      await using client = await UdpClient.open(server.address)
      client.send(query('slow', i))
      client.send(query('web', i))
    }
    release()
    assert.equal(idOf(await askUdp(server.address, query('web', 9))), 9)
    assert.deepEqual(server.errors, [])
  })

  test(`${kind}: an address that is taken is refused, with the reason`, async () => {
    const world = new ScriptedResponder()
    await using server = await listening(world)
    await assert.rejects(listening(world, server.address), { code: 'EADDRINUSE' })
    assert.equal(idOf(await askUdp(server.address, query('web'))), 1)
  })

  test(`${kind}: closing lets what is under way finish, and then gives the address back`, async () => {
    const world = new ScriptedResponder()
    const release = world.hold('slow')
    const server = await listening(world)
    await using client = await UdpClient.open(server.address)
    client.send(query('slow', 1))
    await client.ask(query('web', 2))
    const closed = server.listener.close(2000)
    release()
    assert.equal(idOf((await client.next()).octets), 1)
    await closed
    await using again = await listening(world, server.address)
    assert.equal(idOf(await askUdp(again.address, query('web', 3))), 3)
  })

  test(`${kind}: closing waits for what is under way no longer than it is told to`, async () => {
    const world = new ScriptedResponder()
    const release = world.hold('slow')
    const server = await listening(world)
    await using client = await UdpClient.open(server.address)
    client.send(query('slow', 1))
    await client.ask(query('web', 2))
    const closed = server.listener.close(2000)
    await world.clock.pass(1999)
    assert.equal(idOf(await client.ask(query('web', 3))), 3)
    world.clock.advance(1)
    await closed
    // Too late, and no harm.
    release()
    await settled()
    await using again = await listening(world, server.address)
    assert.equal(idOf(await askUdp(again.address, query('web', 4))), 4)
    assert.equal(client.waiting, 0)
  })
}
