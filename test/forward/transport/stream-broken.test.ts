import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { frame } from '../../../lib/dns/frame-reader.ts'
import { tcpConnector } from '../../../lib/forward/transport/tcp-connector.ts'
import { blackHoleRelay } from '../../helpers/black-hole-relay.ts'
import { eventually } from '../../helpers/eventually.ts'
import { MovedClock } from '../../helpers/moved-clock.ts'
import { addressIn, answerTo, answerToOther, nameIn, numbered, numberedAnswer, query, withId } from './answers.ts'
import { poolTo } from './pool-under-test.ts'
import { type Behaviour, StreamServer } from './stream-server.ts'

// Real sockets on the loopback interface; servers that are written to misbehave.

const answer: Behaviour = (peer, asked) => peer.reply(numberedAnswer(asked))

const indexes = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test('replies with an id that nobody asked with, to another question, and doubles are waited past and counted', async () => {
  const confused: Behaviour = (peer, asked) => {
    const right = answerTo(asked)
    peer.reply(withId(right, asked.readUInt16BE(0) ^ 0x8000))
    peer.reply(answerToOther(asked))
    peer.reply(right)
    peer.reply(right)
  }
  await using server = await StreamServer.start(confused)
  using pool = poolTo(server.address, { clock: new MovedClock() })
  for (const i of [1, 2]) {
    const reply = await pool.ask(numbered(i).name)
    assert.deepEqual([nameIn(reply), addressIn(reply)], [numbered(i).name, '192.0.2.1'])
    await eventually(() => assert.equal(pool.counters.mismatches, 3 * i))
  }
  assert.equal(server.peers.length, 1)
})

for (const [what, garbage] of [
  ['a length of zero', Buffer.of(0, 0)],
  ['a message shorter than a header', Buffer.of(0, 3, 1, 2, 3)],
  ['a query', frame(query('n1.example', 1))],
] as const) {
  test(`a connection that yields ${what} is dropped, and the next question gets a new one`, async () => {
    await using server = await StreamServer.start((peer, asked) =>
      peer.number === 0 ? peer.raw(garbage) : answer(peer, asked, 0),
    )
    using pool = poolTo(server.address)
    await assert.rejects(pool.ask(numbered(1).name, { id: 1 }), /tcp:\/\/127\.0\.0\.1:\d+ sent what is no DNS reply/)
    assert.equal(pool.counters.mismatches, 1)
    assert.equal(addressIn(await pool.ask(numbered(2).name)), '10.0.0.2')
    await eventually(() => assert.equal(server.open, 1))
  })
}

for (const how of ['end', 'reset'] as const) {
  test(`questions on a connection that had served before its ${how} are asked once more on a new one`, async () => {
    await using server = await StreamServer.start((peer, asked, index) => {
      if (peer.number > 0 || index === 0) return answer(peer, asked, index)
      // The last of them brings the end; some have been answered before it.
      if (index === 5) answer(peer, asked, index)
      if (index === 10) server.cut(how)
    })
    using pool = poolTo(server.address)
    await pool.ask(numbered(0).name)
    const replies = await Promise.all(indexes(10).map((i) => pool.ask(numbered(i).name)))
    assert.deepEqual(
      replies.map(addressIn),
      indexes(10).map((i) => numbered(i).address),
    )
    assert.equal(pool.counters.connectionsClosedEarly, 1)
  })
}

test('a server that restarts between two questions is not noticed, however many connections there were', async () => {
  await using server = await StreamServer.start(answer)
  using pool = poolTo(server.address, { limits: { maxPipelined: 2 } })
  await Promise.all(indexes(100).map((i) => pool.ask(numbered(i).name)))
  assert.equal(server.open, 8)
  server.cut('reset')
  const replies = await Promise.all(indexes(100).map((i) => pool.ask(numbered(i).name)))
  assert.deepEqual(
    replies.map(addressIn),
    indexes(100).map((i) => numbered(i).address),
  )
})

test('a question is asked no more than twice', async () => {
  await using server = await StreamServer.start((peer, asked, index) => {
    if (index === 0 && peer.number === 0) answer(peer, asked, index)
    else peer.socket.destroy()
  })
  using pool = poolTo(server.address)
  await pool.ask(numbered(0).name)
  await assert.rejects(pool.ask(numbered(1).name), /closed the connection without a reply|ECONNRESET/)
  assert.deepEqual(server.asked.map(nameIn), [numbered(0).name, numbered(1).name, numbered(1).name])
})

test('a server that closes a new connection without a reply fails the question at once, and is asked once', async () => {
  await using server = await StreamServer.start((peer) => peer.socket.destroy())
  using pool = poolTo(server.address)
  await assert.rejects(pool.ask('n1.example'), /closed the connection without a reply|ECONNRESET/)
  assert.equal(server.asked.length, 1)
})

test('a reply that breaks off in the middle is none', async () => {
  await using server = await StreamServer.start((peer, asked) => {
    peer.raw(frame(answerTo(asked)).subarray(0, 30))
    peer.socket.end()
  })
  using pool = poolTo(server.address)
  await assert.rejects(pool.ask('n1.example'), /closed the connection without a reply/)
})

test('a server that closes after each reply answers many questions at once all the same', async () => {
  await using server = await StreamServer.start((peer, asked, index) => {
    if (index > 0) return
    answer(peer, asked, index)
    peer.socket.end()
  })
  using pool = poolTo(server.address)
  const replies = await Promise.all(indexes(60).map((i) => pool.ask(numbered(i).name)))
  assert.deepEqual(
    replies.map(addressIn),
    indexes(60).map((i) => numbered(i).address),
  )
})

test('a closed port is the error of the network, for all that wait', async () => {
  const gone = await StreamServer.start(answer)
  const { address } = gone
  await gone[Symbol.asyncDispose]()
  using pool = poolTo(address)
  const results = await Promise.allSettled(indexes(200).map((i) => pool.ask(numbered(i).name)))
  assert.ok(results.every((result) => result.status === 'rejected' && result.reason.code === 'ECONNREFUSED'))
  assert.ok(pool.counters.connectionsFailed > 0 && pool.counters.connectionsFailed <= 8)
})

test('a server that falls silent is noticed: its connection is closed, others are opened for what comes then', async () => {
  await using server = await StreamServer.start((peer, asked) => void (peer.number > 0 && answer(peer, asked, 0)))
  using pool = poolTo(server.address, { limits: { silenceMs: 300, maxConnections: 2 } })
  const first = pool.ask('n1.example')
  await assert.rejects(first, /nothing came for 0\.3 s/)
  assert.equal(addressIn(await pool.ask('n2.example')), '10.0.0.2')
  await eventually(() => assert.equal(server.open, 1))
})

test('a connection that is swallowed on the way is kept clear of as soon as a reply is overdue', async () => {
  await using server = await StreamServer.start(answer)
  await using relay = await blackHoleRelay(server.address.port)
  using pool = poolTo({ host: '127.0.0.1', port: relay.port })
  await pool.ask('n1.example')
  relay.swallow()
  await assert.rejects(pool.ask('n2.example', { signal: AbortSignal.timeout(200) }), { name: 'TimeoutError' })
  assert.equal(addressIn(await pool.ask('n3.example')), '10.0.0.3')
  assert.deepEqual(server.asked.map(nameIn), ['n1.example', 'n3.example'])
})

test('a connection that is not ready in time fails the question', async () => {
  await using server = await StreamServer.start(answer)
  const connector = { ...tcpConnector(server.address), connect: () => connect(server.address) }
  using pool = poolTo(server.address, { connector, limits: { connectTimeoutMs: 60 } })
  await assert.rejects(pool.ask('n1.example'), /no TLS handshake within 0\.06 s/)
  await eventually(() => assert.equal(server.open, 0))
})
