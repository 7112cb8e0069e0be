import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame } from '../../../lib/dns/frame-reader.ts'
import { eventually } from '../../helpers/eventually.ts'
import { MovedClock } from '../../helpers/moved-clock.ts'
import { addressIn, answerTo, nameIn, numbered, numberedAnswer } from './answers.ts'
import { poolTo } from './pool-under-test.ts'
import { type Behaviour, type Peer, StreamServer } from './stream-server.ts'

// Real sockets on the loopback interface; servers that are written to misbehave.

const answer: Behaviour = (peer, asked) => peer.reply(numberedAnswer(asked))

const indexes = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test('a thousand questions at once get their own answers over few connections, in whatever order the answers come', async () => {
  const held = new Map<Peer, Buffer[]>()
  const backwards: Behaviour = (peer, asked) => {
    const batch = held.get(peer) ?? []
    held.set(peer, batch)
    if (batch.push(asked) > 1) return
    setImmediate(() => {
      held.delete(peer)
      for (const one of batch.toReversed()) answer(peer, one, 0)
    })
  }
  await using server = await StreamServer.start(backwards)
  using pool = poolTo(server.address)
  const replies = await Promise.all(indexes(1000).map((i) => pool.ask(numbered(i).name)))
  assert.deepEqual(
    replies.map((reply) => [nameIn(reply), addressIn(reply)]),
    indexes(1000).map((i) => [numbered(i).name, numbered(i).address]),
  )
  assert.ok(server.peers.length <= 8, `${server.peers.length} connections`)
  assert.equal(server.asked.length, 1000)
})

test('one question after the other goes over one connection', async () => {
  await using server = await StreamServer.start(answer)
  using pool = poolTo(server.address, { clock: new MovedClock() })
  for (const i of indexes(20)) assert.equal(addressIn(await pool.ask(numbered(i).name)), numbered(i).address)
  assert.equal(server.peers.length, 1)
  assert.deepEqual([pool.counters.connectionsOpened, pool.counters.connectionsReused], [1, 19])
})

test('questions with the same id are told apart, and each reply has the id of its question', async () => {
  await using server = await StreamServer.start(answer)
  using pool = poolTo(server.address, { limits: { maxConnections: 1 } })
  const replies = await Promise.all(indexes(50).map((i) => pool.ask(numbered(i).name, { id: 0xffff })))
  assert.deepEqual(
    replies.map((reply) => [reply.readUInt16BE(0), addressIn(reply)]),
    indexes(50).map((i) => [0xffff, numbered(i).address]),
  )
  assert.equal(new Set(server.asked.map((asked) => asked.readUInt16BE(0))).size, 50)
})

test('questions of one turn leave in one piece', async () => {
  await using server = await StreamServer.start(answer)
  using pool = poolTo(server.address)
  await pool.ask(numbered(0).name)
  const pieces: number[] = []
  server.peers[0]?.socket.on('data', (chunk) => pieces.push(chunk.length))
  await Promise.all(indexes(10).map((i) => pool.ask(numbered(i).name)))
  assert.equal(pieces.length, 1)
})

for (const [how, send] of [
  ['octet by octet', (octets: Buffer) => indexes(octets.length).map((i) => octets.subarray(i, i + 1))],
  ['cut in the length', (octets: Buffer) => [octets.subarray(0, 1), octets.subarray(1)]],
  ['cut in the middle', (octets: Buffer) => [octets.subarray(0, 20), octets.subarray(20)]],
] as const) {
  test(`replies that come ${how} are whole`, async () => {
    const slowly = async (peer: Peer) => {
      for (const piece of send(Buffer.concat(peer.asked.map((one) => frame(numberedAnswer(one)))))) {
        peer.raw(piece)
        await new Promise(setImmediate)
      }
    }
    await using server = await StreamServer.start((peer, _asked, index) => void (index === 1 && slowly(peer)))
    using pool = poolTo(server.address)
    const replies = await Promise.all([1, 2].map((i) => pool.ask(numbered(i).name)))
    assert.deepEqual(replies.map(addressIn), ['10.0.0.1', '10.0.0.2'])
  })
}

test("an aborted question rejects with the reason; its late reply is nobody else's, not even under the same id", async () => {
  let release = () => {}
  await using server = await StreamServer.start((peer, asked, index) => {
    if (index > 0) answer(peer, asked, index)
    else release = () => peer.reply(answerTo(asked, '192.0.2.66'))
  })
  using pool = poolTo(server.address, { limits: { maxConnections: 1 } })
  const abort = new AbortController()
  const first = pool.ask(numbered(1).name, { id: 7, signal: abort.signal })
  await eventually(() => assert.equal(server.asked.length, 1))
  const second = pool.ask(numbered(1).name, { id: 7 })
  abort.abort(new Error('nobody waits'))
  await assert.rejects(first, /nobody waits/)
  const third = pool.ask(numbered(1).name, { id: 7 })
  release()
  assert.deepEqual([await second, await third].map(addressIn), ['10.0.0.1', '10.0.0.1'])
  assert.equal(new Set(server.asked.map((asked) => asked.readUInt16BE(0))).size, 3)
  assert.equal(pool.counters.mismatches, 0)
})

test('a signal that is aborted already sends nothing', async () => {
  await using server = await StreamServer.start(answer)
  using pool = poolTo(server.address)
  await assert.rejects(pool.ask('n1.example', { signal: AbortSignal.abort(new Error('too late')) }), /too late/)
  assert.equal(server.peers.length, 0)
})

test('beyond the limits questions wait for a place; beyond those that may wait they are turned away', async () => {
  const held: (() => void)[] = []
  await using server = await StreamServer.start((peer, asked) => void held.push(() => answer(peer, asked, 0)))
  using pool = poolTo(server.address, { limits: { maxConnections: 2, maxPipelined: 3, maxWaiting: 4 } })
  const all = indexes(4).map((i) => pool.ask(numbered(i).name))
  await assert.rejects(pool.ask('n9.example'), /has too many questions to answer/)
  await eventually(() => assert.equal(held.length, 4))
  all.push(...[4, 5, 6, 7, 8, 9].map((i) => pool.ask(numbered(i).name)))
  await assert.rejects(pool.ask('n11.example'), /has too many questions to answer/)
  await eventually(() => assert.equal(held.length, 6))
  while (server.asked.length < 10 || held.length > 0) {
    held.shift()?.()
    await new Promise(setImmediate)
  }
  assert.deepEqual(
    (await Promise.all(all)).map(addressIn),
    indexes(10).map((i) => numbered(i).address),
  )
})

test('a question that waits for a place may be aborted', async () => {
  await using server = await StreamServer.start(
    (peer, asked) => void (nameIn(asked) === 'n2.example' && answer(peer, asked, 0)),
  )
  using pool = poolTo(server.address, { limits: { maxConnections: 1, maxPipelined: 1 } })
  const [first, second] = [new AbortController(), new AbortController()]
  const [a, b] = [first, second].map(({ signal }) => pool.ask('n1.example', { signal }))
  await eventually(() => assert.equal(server.asked.length, 1))
  const c = pool.ask('n2.example')
  second.abort(new Error('second'))
  await assert.rejects(b!, /second/)
  first.abort(new Error('first'))
  await assert.rejects(a!, /first/)
  assert.equal(addressIn(await c), '10.0.0.2')
  assert.equal(server.asked.length, 2)
})

test('where a server answers one question of a connection after the other, a slow one holds up no other', async () => {
  let release = () => {}
  const serial: Behaviour = (peer, _asked, index) => {
    const isBlocked = peer.asked.some((asked) => nameIn(asked) === 'slow.example')
    if (!isBlocked) return answer(peer, peer.asked[index]!, index)
    release = () =>
      peer.asked
        .slice(peer.asked.findIndex((asked) => nameIn(asked) === 'slow.example'))
        .forEach((asked) => answer(peer, asked, 0))
  }
  await using server = await StreamServer.start(serial)
  using pool = poolTo(server.address)
  await pool.ask(numbered(0).name)
  const slow = pool.ask('slow.example')
  const replies = await Promise.all(indexes(40).map((i) => pool.ask(numbered(i).name)))
  assert.deepEqual(
    replies.map(addressIn),
    indexes(40).map((i) => numbered(i).address),
  )
  assert.ok(server.peers.length >= 2)
  // New ones keep clear of it.
  assert.equal(addressIn(await pool.ask(numbered(50).name)), '10.0.0.50')
  release()
  assert.equal(nameIn(await slow), 'slow.example')
  assert.equal(pool.counters.mismatches, 0)
})

test('a connection with nothing to do is closed after a while; the next question opens one', async () => {
  await using server = await StreamServer.start(answer)
  using pool = poolTo(server.address, { limits: { idleMs: 60 } })
  await pool.ask('n1.example')
  await eventually(() => assert.equal(server.open, 0))
  assert.equal(addressIn(await pool.ask('n2.example')), '10.0.0.2')
  assert.equal(pool.counters.connectionsClosedEarly, 0)
})

test('closing rejects what is under way, what waits and what comes later, and closes every connection', async () => {
  await using server = await StreamServer.start(() => {})
  using pool = poolTo(server.address, { limits: { maxConnections: 1, maxPipelined: 1 } })
  const all = [pool.ask('n1.example'), pool.ask('n2.example')]
  await eventually(() => assert.equal(server.asked.length, 1))
  pool.transport.close()
  for (const reply of [...all, pool.ask('n3.example')]) await assert.rejects(reply, /was closed/)
  await eventually(() => assert.equal(server.open, 0))
})

test('of a question that was asked again elsewhere the first reply counts, wherever it comes from', async () => {
  await using server = await StreamServer.start((peer, asked, index) => {
    if (peer.number === 0 && index === 0) answer(peer, asked, index)
    // The other connection gets the question behind the slow one, and only then the first one goes on.
    if (peer.number === 1) for (const held of server.peers[0]?.asked.slice(1) ?? []) answer(server.peers[0]!, held, 0)
  })
  using pool = poolTo(server.address)
  await pool.ask(numbered(0).name)
  const replies = await Promise.all([1, 2].map((i) => pool.ask(numbered(i).name)))
  assert.deepEqual(replies.map(addressIn), ['10.0.0.1', '10.0.0.2'])
  assert.deepEqual(
    server.peers.slice(0, 2).map(({ asked }) => asked.map(nameIn)),
    [[0, 1, 2].map((i) => numbered(i).name), [numbered(2).name]],
  )
})
