import assert from 'node:assert/strict'
import { constants } from 'node:http2'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { blackHoleRelay } from '../../helpers/black-hole-relay.ts'
import { eventually } from '../../helpers/eventually.ts'
import { addressIn, nameIn, numbered, numberedAnswer } from './answers.ts'
import { Certificates } from './certificates.ts'
import { dohTo } from './doh-under-test.ts'
import { type H2Behaviour, H2Server, respond } from './h2-server.ts'

// DNS over HTTPS on the loopback interface; connections that end, or go silent.

const NAME = 'dns.example'
const answer: H2Behaviour = (stream, asked) => respond(stream, numberedAnswer(asked))

const certificates = await Certificates.create()
after(() => certificates[Symbol.asyncDispose]())
const right = await certificates.issue({ names: `DNS:${NAME},IP:127.0.0.1` })
const trust = { name: NAME, ca: certificates.ca }

test('a connection that dies under way is replaced, and what was on it is asked once more', async () => {
  await using server = await H2Server.start((stream, asked, session) => {
    if (server.sessions.length > 1 || nameIn(asked) === 'n0.example') answer(stream, asked, session)
    else if (nameIn(asked) === 'n5.example') server.cut()
  }, right)
  using doh = dohTo(server, trust)
  await doh.ask('n0.example')
  const replies = await Promise.all([1, 2, 3, 4, 5].map((i) => doh.ask(numbered(i).name)))
  assert.deepEqual(
    replies.map(addressIn),
    [1, 2, 3, 4, 5].map((i) => numbered(i).address),
  )
  assert.deepEqual([doh.counters.connectionsOpened, doh.counters.connectionsClosedEarly], [2, 1])
})

test('a connection that dies before its first reply fails the question', async () => {
  await using server = await H2Server.start(() => server.cut(), right)
  using doh = dohTo(server, trust)
  await assert.rejects(doh.ask('n1.example'))
  assert.equal(server.asked.length, 1)
})

test('a stream that is refused, and a connection that is told to go away, are tried once more', async () => {
  const seen = new Set<string>()
  await using server = await H2Server.start((stream, asked, session) => {
    const name = nameIn(asked)
    const isFirst = !seen.has(name)
    seen.add(name)
    if (isFirst && name === 'n1.example') stream.close(constants.NGHTTP2_REFUSED_STREAM)
    else if (isFirst && name === 'n2.example') session.goaway(constants.NGHTTP2_NO_ERROR, stream.id! - 2)
    else answer(stream, asked, session)
  }, right)
  using doh = dohTo(server, trust)
  for (const i of [0, 1, 2, 3]) assert.equal(addressIn(await doh.ask(numbered(i).name)), numbered(i).address)
  assert.equal(server.sessions.length, 2)
})

test('a slow answer does not make a connection doubtful as long as the server lives', async () => {
  await using server = await H2Server.start((stream, asked, session) => {
    void sleep(nameIn(asked) === 'n1.example' ? 1500 : 0).then(() => answer(stream, asked, session))
  }, right)
  using doh = dohTo(server, { ...trust, limits: { pingMs: 50, silenceMs: 1000 } })
  assert.equal(addressIn(await doh.ask('n1.example')), '10.0.0.1')
  assert.equal(addressIn(await doh.ask('n2.example')), '10.0.0.2')
  assert.equal(server.sessions.length, 1)
})

test('a connection that is swallowed on the way is noticed, and its questions go over a new one', async () => {
  await using server = await H2Server.start(answer, right)
  await using relay = await blackHoleRelay(server.address.port)
  const address = { host: '127.0.0.1', port: relay.port }
  using doh = dohTo({ address }, { ...trust, limits: { pingMs: 50, silenceMs: 1000 } })
  await doh.ask('n0.example')
  relay.swallow()
  // Though the first one that gets no reply is given up before anything can be known.
  await assert.rejects(doh.ask('n1.example', { signal: AbortSignal.timeout(100) }), { name: 'TimeoutError' })
  assert.equal(addressIn(await doh.ask('n2.example')), '10.0.0.2')
  assert.deepEqual([doh.counters.connectionsOpened, relay.connections], [2, 2])
})

test('a connection that died while there was nothing to do costs no question its time', async () => {
  await using server = await H2Server.start(answer, right)
  await using relay = await blackHoleRelay(server.address.port)
  const address = { host: '127.0.0.1', port: relay.port }
  using doh = dohTo({ address }, { ...trust, limits: { pingMs: 50, silenceMs: 1000 } })
  await doh.ask('n0.example')
  relay.swallow()
  await sleep(1200)
  const reply = doh.ask('n1.example')
  assert.equal(doh.counters.connectionsClosedEarly, 1)
  assert.equal(addressIn(await reply), '10.0.0.1')
})

test('a connection with nothing to do is closed after a while; the next question opens one', async () => {
  await using server = await H2Server.start(answer, right)
  using doh = dohTo(server, { ...trust, limits: { idleMs: 100 } })
  await doh.ask('n1.example')
  await eventually(() => assert.equal(server.open, 0))
  assert.equal(addressIn(await doh.ask('n2.example')), '10.0.0.2')
  assert.equal(doh.counters.connectionsClosedEarly, 0)
})
