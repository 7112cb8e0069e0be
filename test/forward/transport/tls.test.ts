import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { tlsConnector } from '../../../lib/forward/transport/tls-connector.ts'
import type { StreamLimits } from '../../../lib/forward/transport/stream-pool.ts'
import { eventually } from '../../helpers/eventually.ts'
import { addressIn, nameIn, numbered, numberedAnswer } from './answers.ts'
import { Certificates, type Issued } from './certificates.ts'
import { poolTo, type UnderTest } from './pool-under-test.ts'
import { type Behaviour, StreamServer } from './stream-server.ts'

// DNS over TLS on the loopback interface: which certificates are taken, and that nothing is written under any other.

const NAME = 'dns.example'
const answer: Behaviour = (peer, asked) => peer.reply(numberedAnswer(asked))

interface Trust {
  readonly name?: string | undefined
  readonly ca?: string | undefined
}

function dotTo(server: StreamServer, trust: Trust, limits: Partial<StreamLimits> = {}): UnderTest {
  const connector = tlsConnector({ server: server.address, ...trust, protocol: 'dot' })
  return poolTo(server.address, { connector, limits })
}

const overTls = ({ cert, key }: Issued, protocols = ['dot']) =>
  StreamServer.start(answer, { tls: { cert, key, ALPNProtocols: protocols } })

const certificates = await Certificates.create()
after(() => certificates[Symbol.asyncDispose]())
const right = await certificates.issue({ names: `DNS:${NAME},IP:127.0.0.1` })
const { ca } = certificates

test('a thousand questions at once get their own answers, padded on the way', async () => {
  await using server = await overTls(right)
  using dot = dotTo(server, { name: NAME, ca })
  const replies = await Promise.all(Array.from({ length: 1000 }, (_, i) => dot.ask(numbered(i).name)))
  assert.deepEqual(
    replies.map((reply) => [nameIn(reply), addressIn(reply)]),
    replies.map((_, i) => [numbered(i).name, numbered(i).address]),
  )
  assert.ok(server.peers.length <= 8)
  assert.deepEqual(new Set(server.asked.map((asked) => asked.length)), new Set([128]))
})

test('each question is a record of its own, for servers that look at no more than the first of a record', async () => {
  const records: number[] = []
  const { cert, key } = right
  await using server = await StreamServer.start(answer, {
    tls: { cert, key },
    onAccept: ({ socket }) => socket.on('data', (record: Buffer) => records.push(record.length)),
  })
  using dot = dotTo(server, { name: NAME, ca })
  await Promise.all(Array.from({ length: 50 }, (_, i) => dot.ask(numbered(i).name)))
  assert.deepEqual(records, Array(50).fill(2 + 128))
})

test('without a name the certificate must be valid for the address', async () => {
  await using server = await overTls(right)
  using dot = dotTo(server, { ca })
  assert.equal(addressIn(await dot.ask('n1.example')), '10.0.0.1')
  const named = await certificates.issue({ names: `DNS:${NAME}` })
  await using other = await overTls(named)
  using refused = dotTo(other, { ca })
  await assert.rejects(refused.ask('n1.example'), /not valid for 127\.0\.0\.1; it is for dns\.example/)
  assert.equal(other.received, 0)
})

for (const [what, make, trust, message] of [
  [
    'for another name',
    () => certificates.issue({ names: 'DNS:a.example,DNS:b.example' }),
    { ca, name: NAME },
    /^tls:\/\/127\.0\.0\.1:\d+#dns\.example has a certificate that is not valid for dns\.example; it is for a\.example, b\.example$/,
  ],
  [
    'that has expired',
    () => certificates.issue({ names: `DNS:${NAME}`, days: -1 }),
    { ca, name: NAME },
    /#dns\.example has a certificate that has expired/,
  ],
  [
    'of an unknown issuer',
    () => certificates.issue({ names: `DNS:${NAME}` }),
    { name: NAME },
    /issuer that is not trusted: .*forward\.ca/,
  ],
  [
    'that is self-signed',
    () => certificates.selfSigned({ names: `DNS:${NAME}` }),
    { ca, name: NAME },
    /nobody but itself has signed: .*forward\.ca/,
  ],
] as const) {
  test(`a certificate ${what} is refused in words, and nothing is sent`, async () => {
    await using server = await overTls(await make())
    using dot = dotTo(server, trust)
    const results = await Promise.allSettled([dot.ask('n1.example'), dot.ask('n2.example')])
    for (const result of results) {
      assert.ok(result.status === 'rejected')
      assert.match(result.reason.message, message)
    }
    await eventually(() => assert.equal(server.open, 0))
    assert.equal(server.received, 0)
    assert.equal(dot.counters.connectionsOpened, 0)
  })
}

test('a server that does not speak TLS gets no question, and the error says so', async () => {
  await using server = await StreamServer.start((peer) => peer.raw(Buffer.from('what is this?\n')), {
    onAccept: (peer) => peer.raw(Buffer.from('220 welcome\n')),
  })
  using dot = dotTo(server, { name: NAME, ca })
  await assert.rejects(dot.ask('n1.example'), /^Error: tls:\/\/127\.0\.0\.1:\d+#dns\.example does not speak TLS/)
  await eventually(() => assert.equal(server.open, 0))
})

test('a server that never finishes the handshake fails the question when the time for it is over', async () => {
  await using server = await StreamServer.start(() => {})
  using dot = dotTo(server, { name: NAME, ca }, { connectTimeoutMs: 100 })
  await assert.rejects(dot.ask('n1.example'), /no TLS handshake within 0\.1 s/)
  await eventually(() => assert.equal(server.open, 0))
})

test('a server that speaks only old versions of TLS is refused', async () => {
  const { cert, key } = right
  const tls = { cert, key, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await using server = await StreamServer.start(answer, { tls })
  using dot = dotTo(server, { name: NAME, ca })
  await assert.rejects(dot.ask('n1.example'), /older than 1\.2/)
  assert.equal(server.received, 0)
})

test('a server whose certificate is renewed, or becomes wrong, is judged by the one that it has now', async () => {
  await using server = await overTls(await certificates.issue({ names: `DNS:${NAME}`, days: -1 }))
  using dot = dotTo(server, { name: NAME, ca }, { idleMs: 60 })
  await assert.rejects(dot.ask('n1.example'), /has expired/)
  server.useCertificate(right)
  assert.equal(addressIn(await dot.ask('n2.example')), '10.0.0.2')
  await eventually(() => assert.equal(server.open, 0))
  server.useCertificate(await certificates.issue({ names: 'DNS:other.example' }))
  await assert.rejects(dot.ask('n3.example'), /not valid for dns\.example; it is for other\.example/)
  assert.deepEqual(server.asked.map(nameIn), ['n2.example'])
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a session is resumed on the next connection, with ${version}`, async () => {
    const { cert, key } = right
    await using server = await StreamServer.start(answer, { tls: { cert, key, maxVersion: version } })
    using dot = dotTo(server, { name: NAME, ca }, { idleMs: 60 })
    for (const i of [1, 2, 3]) {
      assert.equal(addressIn(await dot.ask(numbered(i).name)), numbered(i).address)
      await eventually(() => assert.equal(server.open, 0))
    }
    assert.deepEqual(server.resumed, [false, true, true])
  })
}

test('trusting what is no certificate is an error at once', () => {
  const server = { host: '127.0.0.1', port: 853 }
  const broken = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----'
  for (const ca of ['', 'x', broken, `${certificates.ca}${broken}`]) {
    assert.throws(() => tlsConnector({ server, ca, protocol: 'dot' }), /certificate/)
  }
})
