import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FLAG, RCODE } from '../../lib/dns/constants.ts'
import { frame } from '../../lib/dns/frame-reader.ts'
import { settled } from '../helpers/moved-clock.ts'
import { askTcp, TcpClient } from '../helpers/dns-client.ts'
import { headerOf, queryPacket, uint16s } from '../helpers/packets.ts'
import { untilQuiet, withLarge } from './large-answers.ts'
import { Listening } from './listening.ts'
import { ScriptedResponder } from './scripted-responder.ts'

const query = (name: string, id = 1): Buffer => queryPacket(name, { id })
const queries = (name: string, count: number): Buffer[] => Array.from({ length: count }, (_, i) => query(name, i))
const idOf = (reply: Buffer): number => headerOf(reply).id
const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const byNumber = (a: number, b: number): number => a - b

test('a query that comes octet by octet is answered', async () => {
  await using server = await Listening.tcp(new ScriptedResponder())
  await using client = await TcpClient.open(server.address)
  for (const octet of frame(query('web', 5))) {
    client.write(Buffer.of(octet))
    await settled()
  }
  assert.equal(idOf(await client.next()), 5)
})

test('a hundred queries in one segment get a hundred replies', async () => {
  await using server = await Listening.tcp(new ScriptedResponder())
  await using client = await TcpClient.open(server.address)
  for (let round = 0; round < 2; round++) {
    client.send(...queries('web', 100))
    assert.deepEqual((await client.take(100)).map(idOf).sort(byNumber), inOrder(100))
  }
})

test('however a stream of queries is cut into segments, each gets its reply', async () => {
  await using server = await Listening.tcp(new ScriptedResponder())
  await using client = await TcpClient.open(server.address)
  const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(sizes, async (sizes) => {
      const stream = Buffer.concat(queries('web', 5).map(frame))
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i % sizes.length] as number
        client.write(stream.subarray(at, at + size))
        await settled()
        at += size
      }
      assert.deepEqual((await client.take(5)).map(idOf).sort(byNumber), inOrder(5))
    }),
    { numRuns: 30 },
  )
})

test('pipelined queries are answered as they are ready, not in the order in which they came', async () => {
  const world = new ScriptedResponder()
  const releases = ['first', 'second', 'third'].map((name) => world.hold(name))
  await using server = await Listening.tcp(world)
  await using client = await TcpClient.open(server.address)
  client.send(query('first', 1), query('second', 2), query('third', 3), query('web', 4))
  assert.equal(idOf(await client.next()), 4)
  for (const i of [2, 0, 1]) {
    releases[i]?.()
    assert.equal(idOf(await client.next()), i + 1)
  }
})

test('more queries than may be under way at a time wait, and are all answered', async () => {
  const world = new ScriptedResponder()
  const release = world.hold('slow')
  await using server = await Listening.tcp(world, { maxPipelined: 4 })
  await using client = await TcpClient.open(server.address)
  client.send(...queries('slow', 30))
  // Another connection is answered meanwhile; by then the first four were taken, and no more.
  await askTcp(server.address, query('web'))
  assert.equal(world.responder.inFlight, 4)
  release()
  assert.deepEqual((await client.take(30)).map(idOf).sort(byNumber), inOrder(30))
})

test('a client that has said its last word is still answered, and then the connection ends', async () => {
  const world = new ScriptedResponder()
  const release = world.hold('slow')
  await using server = await Listening.tcp(world)
  await using client = await TcpClient.open(server.address)
  client.send(query('slow', 1), query('web', 2))
  client.halfClose()
  assert.equal(idOf(await client.next()), 2)
  release()
  assert.equal(idOf(await client.next()), 1)
  await client.ended
})

test('so are all that it asked before, however many', async () => {
  const world = new ScriptedResponder()
  await using server = await Listening.tcp(world, { maxPipelined: 4 })
  await using client = await TcpClient.open(server.address)
  client.send(...queries('web', 200))
  client.halfClose()
  assert.deepEqual((await client.take(200)).map(idOf).sort(byNumber), inOrder(200))
})

test('and however slowly it reads the replies', async () => {
  const world = withLarge()
  await using server = await Listening.tcp(world)
  await askTcp(server.address, query('large'))
  await using client = await TcpClient.open(server.address)
  client.socket.pause()
  client.send(...queries('large', 300))
  client.halfClose()
  await untilQuiet(world)
  client.socket.resume()
  assert.deepEqual((await client.take(300)).map(idOf), inOrder(300))
})

test('from a client that does not read nothing more is taken, others are answered, and nothing is lost', async () => {
  const world = withLarge()
  await using server = await Listening.tcp(world, { maxUnsentOctets: 256 * 1024 })
  await askTcp(server.address, query('large'))
  await using client = await TcpClient.open(server.address)
  client.socket.pause()
  client.send(...queries('large', 500))
  await untilQuiet(world)
  // The kernel takes some megabytes, which is less than the 32 MB that were asked for.
  assert.ok(world.responder.counters.fromImage < 400, `${world.responder.counters.fromImage} replies made`)
  assert.equal(idOf(await askTcp(server.address, query('web', 9))), 9)
  client.socket.resume()
  assert.deepEqual((await client.take(500)).map(idOf), inOrder(500))
})

test('a query that is refused ends nothing: those before and behind it are answered on the same connection', async () => {
  await using server = await Listening.tcp(new ScriptedResponder())
  await using client = await TcpClient.open(server.address)
  await client.ask(query('web'))
  const dso = uint16s(2, 6 << 11, 0, 0, 0, 0)
  client.send(
    query('web', 1),
    dso,
    queryPacket('version.bind', { id: 3, class: 3 }),
    query('web', 4).fill(0xc0, 12),
    query('web', 5),
  )
  const replies = await client.take(5)
  assert.deepEqual(replies.map(idOf), [1, 2, 3, 4, 5])
  const { NOERROR, NOTIMP, REFUSED, FORMERR } = RCODE
  assert.deepEqual(
    replies.map((reply) => headerOf(reply).rcode),
    [NOERROR, NOTIMP, REFUSED, FORMERR, NOERROR],
  )
})

for (const [what, noise] of [
  ['an empty message', Buffer.alloc(0)],
  ['a message shorter than a header', Buffer.alloc(11)],
  ['a response', queryPacket('web', { flags: FLAG.QR })],
] as const) {
  test(`${what} ends the connection, as nothing good will follow`, async () => {
    await using server = await Listening.tcp(new ScriptedResponder())
    await using client = await TcpClient.open(server.address)
    client.send(noise)
    await client.ended
    assert.equal(idOf(await askTcp(server.address, query('web', 2))), 2)
  })
}
