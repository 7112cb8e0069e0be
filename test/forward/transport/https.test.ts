import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { eventually } from '../../helpers/eventually.ts'
import { addressIn, answerTo, answerToOther, nameIn, numbered, numberedAnswer } from './answers.ts'
import { Certificates } from './certificates.ts'
import { dohTo } from './doh-under-test.ts'
import { type H2Behaviour, H2Server, respond } from './h2-server.ts'
import { StreamServer } from './stream-server.ts'

// DNS over HTTPS on the loopback interface; servers that are written to misbehave.

const NAME = 'dns.example'
const answer: H2Behaviour = (stream, asked) => respond(stream, numberedAnswer(asked))

const certificates = await Certificates.create()
after(() => certificates[Symbol.asyncDispose]())
const right = await certificates.issue({ names: `DNS:${NAME},IP:127.0.0.1` })
const trust = { name: NAME, ca: certificates.ca }

test('a thousand questions at once get their own answers over one connection', async () => {
  await using server = await H2Server.start(answer, right, { maxConcurrentStreams: 100 })
  using doh = dohTo(server, trust)
  const replies = await Promise.all(Array.from({ length: 1000 }, (_, i) => doh.ask(numbered(i).name)))
  assert.deepEqual(
    replies.map((reply) => [nameIn(reply), addressIn(reply)]),
    replies.map((_, i) => [numbered(i).name, numbered(i).address]),
  )
  assert.equal(server.sessions.length, 1)
  assert.deepEqual([doh.counters.connectionsOpened, server.asked.length], [1, 1000])
})

test('a request is what RFC 8484 wants: POST, media type, host, id zero, padded; the reply has the id of the question', async () => {
  await using server = await H2Server.start(answer, right)
  using doh = dohTo(server, trust)
  const reply = await doh.ask('n1.example', { id: 0xabcd })
  assert.equal(reply.readUInt16BE(0), 0xabcd)
  const [asked] = server.asked
  assert.ok(asked)
  assert.deepEqual([asked.query.readUInt16BE(0), asked.query.length], [0, 128])
  const { ':method': method, ':path': path, ':authority': authority, accept } = asked.headers
  assert.deepEqual(
    [method, path, authority, accept, asked.headers['content-type']],
    ['POST', '/dns-query', `${NAME}:${server.address.port}`, 'application/dns-message', 'application/dns-message'],
  )
})

for (const [what, behave, message] of [
  ['another status', (stream) => respond(stream, Buffer.alloc(0), { ':status': 503 }), /replied with HTTP status 503/],
  ['a redirect', (stream) => respond(stream, Buffer.alloc(0), { ':status': 302, location: '/' }), /HTTP status 302/],
  [
    'another media type',
    (stream, asked) => respond(stream, answerTo(asked), { 'content-type': 'text/html' }),
    /replied with "text\/html", not DNS/,
  ],
  ['too much', (stream) => respond(stream, Buffer.alloc(70_000)), /more than a DNS message can hold|exceeded/i],
  [
    'the reply to another question',
    (stream, asked) => respond(stream, answerToOther(asked)),
    /to something else than what was asked/,
  ],
  ['nothing', (stream) => respond(stream, Buffer.alloc(0)), /to something else than what was asked/],
] as const satisfies readonly (readonly [string, H2Behaviour, RegExp])[]) {
  test(`${what} is an error, and the connection goes on`, async () => {
    await using server = await H2Server.start(
      (stream, asked, session) =>
        nameIn(asked) === 'bad.example' ? behave(stream, asked) : answer(stream, asked, session),
      right,
    )
    using doh = dohTo(server, trust)
    const [bad, good] = await Promise.allSettled([doh.ask('bad.example'), doh.ask('n1.example')])
    assert.ok(bad.status === 'rejected')
    assert.match(bad.reason.message, message)
    assert.ok(good.status === 'fulfilled' && addressIn(good.value) === '10.0.0.1')
    assert.equal(server.sessions.length, 1)
  })
}

test('an aborted question resets its stream; the others go on', async () => {
  const closed: number[] = []
  await using server = await H2Server.start((stream, asked, session) => {
    if (nameIn(asked) === 'slow.example') stream.on('close', () => closed.push(stream.rstCode ?? -1))
    else answer(stream, asked, session)
  }, right)
  using doh = dohTo(server, trust)
  const abort = new AbortController()
  const slow = doh.ask('slow.example', { signal: abort.signal })
  await doh.ask('n1.example')
  abort.abort(new Error('nobody waits'))
  await assert.rejects(slow, /nobody waits/)
  assert.equal(addressIn(await doh.ask('n2.example')), '10.0.0.2')
  await eventually(() => assert.equal(closed.length, 1))
  await assert.rejects(doh.ask('n3.example', { signal: AbortSignal.abort(new Error('too late')) }), /too late/)
  assert.equal(server.asked.length, 3)
})

for (const [what, make, message] of [
  [
    'for another name',
    () => certificates.issue({ names: 'DNS:a.example' }),
    /https:\/\/.*not valid for dns\.example; it is for a\.example/,
  ],
  ['that has expired', () => certificates.issue({ names: `DNS:${NAME}`, days: -1 }), /has expired/],
  ['that is self-signed', () => certificates.selfSigned({ names: `DNS:${NAME}` }), /nobody but itself has signed/],
] as const) {
  test(`a certificate ${what} is refused in words, and nothing is sent`, async () => {
    await using server = await H2Server.start(answer, await make())
    using doh = dohTo(server, trust)
    for (const result of await Promise.allSettled([doh.ask('n1.example'), doh.ask('n2.example')])) {
      assert.ok(result.status === 'rejected')
      assert.match(result.reason.message, message)
    }
    await eventually(() => assert.equal(server.open, 0))
    assert.deepEqual([server.asked.length, server.sessions.length, doh.counters.connectionsOpened], [0, 0, 0])
  })
}

test('a server without HTTP/2, one without TLS and one that never finishes the handshake are errors that say so', async () => {
  const { cert, key } = right
  await using plain = await StreamServer.start((peer) => peer.raw(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')), {
    onAccept: (peer) => peer.raw(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
  })
  await using old = await StreamServer.start(() => {}, { tls: { cert, key } })
  await using other = await StreamServer.start(() => {}, { tls: { cert, key, ALPNProtocols: ['http/1.1'] } })
  await using silent = await StreamServer.start(() => {})
  for (const [server, message] of [
    [plain, /does not speak TLS/],
    [old, /does not offer HTTP\/2/],
    [other, /not the protocol that was asked for/],
    [silent, /within 0\.2 s/],
  ] as const) {
    using doh = dohTo(server, { ...trust, limits: { connectTimeoutMs: 200 } })
    await assert.rejects(doh.ask('n1.example'), message)
    await eventually(() => assert.equal(server.open, 0))
  }
})

test('questions beyond the limit are turned away, and closing rejects the others', async () => {
  await using server = await H2Server.start(() => {}, right)
  using doh = dohTo(server, { ...trust, limits: { maxRequests: 2 } })
  const all = [doh.ask('n1.example'), doh.ask('n2.example')]
  await assert.rejects(doh.ask('n3.example'), /has too many questions to answer/)
  await eventually(() => assert.equal(server.asked.length, 2))
  doh.transport.close()
  for (const reply of [...all, doh.ask('n4.example')]) await assert.rejects(reply, /was closed/)
  await eventually(() => assert.equal(server.open, 0))
})

test('closing while the connection is opened leaves nothing open', async () => {
  await using silent = await StreamServer.start(() => {})
  using doh = dohTo(silent, trust)
  const reply = doh.ask('n1.example')
  await eventually(() => assert.equal(silent.open, 1))
  doh.transport.close()
  await assert.rejects(reply, /was closed/)
  await eventually(() => assert.equal(silent.open, 0))
})
