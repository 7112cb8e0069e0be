import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { TYPE } from '../../lib/dns/constants.ts'
import { frame } from '../../lib/dns/frame-reader.ts'
import type { ConnectionLimits } from '../../lib/server/connection-limits.ts'
import type { Credentials } from '../../lib/server/tls-identity.ts'
import { TcpClient } from '../helpers/dns-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { headerOf, queryPacket } from '../helpers/packets.ts'
import { CertificateAuthority } from '../kubernetes/certificate-authority.ts'
import { untilQuiet, withLarge } from './large-answers.ts'
import { Listening } from './listening.ts'
import { ScriptedResponder } from './scripted-responder.ts'

const authority = new CertificateAuthority()
const TRUSTED = { ca: authority.pem, servername: 'dns.test' }

const query = (name: string, id = 1): Buffer => queryPacket(name, { id })
const idOf = (reply: Buffer): number => headerOf(reply).id

function credentials(): Credentials {
  const { cert, key } = authority.issue('dns.test', ['dns.test'])
  return { certificate: cert, key }
}

const listening = (world = new ScriptedResponder(), limits: Partial<ConnectionLimits> = {}) =>
  // The clock stands still: nobody would come after the first.
  Listening.tls(world, credentials(), { handshakeGapMs: 0, ...limits })

const serialOf = ({ socket }: TcpClient): string => (socket as TLSSocket).getPeerCertificate().serialNumber

/** Why a handshake fails. */
async function handshake({ host, port }: { host: string; port: number }, options: ConnectionOptions): Promise<string> {
  const socket = connectTls({ host, port, ...TRUSTED, ...options })
  try {
    await once(socket, 'secureConnect')
    return 'none'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  } finally {
    socket.destroy()
  }
}

test('over TLS queries are answered as over TCP: pipelined, at once and later, small and large', async () => {
  const world = withLarge()
  const release = world.hold('slow')
  await using server = await listening(world)
  await using client = await TcpClient.openTls(server.address, TRUSTED)
  client.send(query('slow', 1), query('large', 2), query('web', 3))
  const replies = await client.take(2)
  assert.deepEqual(
    replies.map(idOf).sort((a, b) => a - b),
    [2, 3],
  )
  assert.equal(Math.max(...replies.map((reply) => headerOf(reply).counts[1] ?? 0)), 4000)
  release()
  assert.equal(idOf(await client.next()), 1)
  assert.equal((client.socket as TLSSocket).alpnProtocol, 'dot')
  assert.equal(world.responder.counters.tcpRequests[TYPE.A], 3)
})

test('what is asked before the handshake is over, and the end behind it, are taken', async () => {
  await using server = await listening()
  const socket = connectTls({ ...server.address, ...TRUSTED })
  socket.end(frame(query('web', 9)))
  const [reply] = (await once(socket, 'data')) as [Buffer]
  assert.equal(reply.readUInt16BE(2), 9)
  await once(socket, 'close')
})

test('TLS 1.2 and 1.3 and clients without ALPN are served; TLS 1.1 and other protocols are not', async () => {
  await using server = await listening()
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    await using client = await TcpClient.openTls(server.address, {
      ...TRUSTED,
      minVersion: version,
      maxVersion: version,
    })
    assert.equal((client.socket as TLSSocket).getProtocol(), version)
    assert.equal(idOf(await client.ask(query('web', 4))), 4)
  }
  await using plain = await TcpClient.openTls(server.address, { ...TRUSTED, ALPNProtocols: [] })
  assert.equal(idOf(await plain.ask(query('web', 5))), 5)
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  assert.match(await handshake(server.address, old), /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/)
  assert.match(await handshake(server.address, { ALPNProtocols: ['h2'] }), /NO_APPLICATION_PROTOCOL/)
  await eventually(() => assert.equal(server.streams.handshakes.failed, 2))
  assert.equal(server.streams.handshakes.done, 3)
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a client that comes again goes on with its session (${version})`, async () => {
    await using server = await listening()
    const options = { ...TRUSTED, minVersion: version, maxVersion: version }
    const first = await TcpClient.openTls(server.address, options)
    await first.ask(query('web'))
    const session = (first.socket as TLSSocket).getSession()
    await first[Symbol.asyncDispose]()
    await using again = await TcpClient.openTls(server.address, { ...options, ...(session && { session }) })
    assert.equal((again.socket as TLSSocket).isSessionReused(), true)
    assert.equal(idOf(await again.ask(query('web', 6))), 6)
    assert.deepEqual(server.streams.handshakes, { done: 2, resumed: 1, failed: 0 })
  })
}

test('another certificate is shown to those who come from then on; connections that there are stay', async () => {
  await using server = await listening()
  await using before = await TcpClient.openTls(server.address, TRUSTED)
  await before.ask(query('web'))
  server.streams.identity.exchange(credentials())
  await using after = await TcpClient.openTls(server.address, TRUSTED)
  assert.notEqual(serialOf(after), serialOf(before))
  assert.equal(idOf(await after.ask(query('web', 7))), 7)
  assert.equal(idOf(await before.ask(query('web', 8))), 8)
})

test('a client of TLS 1.2 cannot negotiate anew', async () => {
  await using server = await listening()
  await using client = await TcpClient.openTls(server.address, { ...TRUSTED, maxVersion: 'TLSv1.2' })
  await client.ask(query('web'))
  const refused = new Promise<Error>((refused) => {
    ;(client.socket as TLSSocket).renegotiate({}, (error) => error && refused(error))
    client.socket.once('error', refused)
  })
  assert.match(String(await refused), /renegotiation/i)
})

test('what is no TLS is cut off at once, what is silent or stops amid the handshake after the deadline', async () => {
  const world = new ScriptedResponder()
  await using server = await listening(world, { handshakeMs: 5000 })
  await using plain = await TcpClient.open(server.address)
  plain.send(query('web'))
  await plain.ended
  await using silent = await TcpClient.open(server.address)
  await using begun = await TcpClient.open(server.address)
  begun.write(Buffer.from('16030100c8010000c40303', 'hex'))
  await using good = await TcpClient.openTls(server.address, TRUSTED)
  await good.ask(query('web'))
  world.clock.advance(4999)
  assert.deepEqual([silent.socket.readyState, begun.socket.readyState], ['open', 'open'])
  world.clock.advance(1)
  await Promise.all([silent.ended, begun.ended])
  assert.equal(idOf(await good.ask(query('web', 3))), 3)
  assert.deepEqual([server.streams.handshakes.failed, server.streams.table.handshakesTimedOut], [1, 2])
})

test('handshakes begin one after the other, and clients take turns', async () => {
  const world = new ScriptedResponder()
  await using server = await listening(world, { handshakeGapMs: 10 })
  const done = () => server.streams.handshakes.done
  const opened = (localAddress: string) => TcpClient.openTls(server.address, { ...TRUSTED, localAddress })
  await using first = await opened('127.0.0.1')
  // One client wants many, and then another one.
  const many = Array.from({ length: 10 }, () => opened('127.0.0.1'))
  await eventually(() => assert.equal(server.streams.table.counters.tls.open, 11))
  const other = opened('127.0.0.2')
  await eventually(() => assert.equal(server.streams.table.counters.tls.open, 12))
  // What they say first has been read.
  await TcpClient.open(server.address).then((client) => client[Symbol.asyncDispose]())
  world.clock.advance(10)
  world.clock.advance(10)
  await using second = await other
  for (const client of [first, second]) assert.equal(idOf(await client.ask(query('web', 3))), 3)
  assert.ok(done() <= 3, `${done()} handshakes`)
  for (let i = 0; i < 10; i++) world.clock.advance(10)
  for (const client of await Promise.all(many)) await client[Symbol.asyncDispose]()
})

test('beyond the handshakes that may be under way the oldest gives way', async () => {
  await using server = await listening(undefined, { maxHandshakes: 3 })
  const silent = await Promise.all(Array.from({ length: 3 }, () => TcpClient.open(server.address)))
  await eventually(() => assert.equal(server.streams.table.counters.tls.open, 3))
  await using client = await TcpClient.openTls(server.address, TRUSTED)
  assert.equal(idOf(await client.ask(query('web', 2))), 2)
  await Promise.race(silent.map(({ ended }) => ended))
  assert.equal(server.streams.table.counters.tls.closed.room, 1)
  for (const one of silent) await one[Symbol.asyncDispose]()
})

test('a client that does not read what it is sent is held back, and cut off', async () => {
  const world = withLarge()
  await using server = await listening(world, { stallMs: 10_000 })
  await using client = await TcpClient.openTls(server.address, TRUSTED)
  await client.ask(query('large'))
  client.socket.pause()
  client.send(...Array.from({ length: 500 }, (_, id) => query('large', id)))
  await untilQuiet(world)
  assert.ok(world.responder.counters.fromImage < 400, `${world.responder.counters.fromImage} replies made`)
  world.clock.advance(10_000)
  client.socket.resume()
  await client.ended
  assert.equal(server.streams.table.counters.tls.closed.stalled, 1)
  await eventually(() => assert.equal(server.streams.table.unsentOctets, 0))
})

test('closing answers what is under way, and ends connections and handshakes', async () => {
  const world = new ScriptedResponder()
  const release = world.hold('slow')
  const server = await listening(world)
  await using silent = await TcpClient.open(server.address)
  await using client = await TcpClient.openTls(server.address, TRUSTED)
  client.send(query('slow', 7))
  await client.ask(query('web'))
  const closed = server.listener.close(2000)
  release()
  assert.equal(idOf(await client.next()), 7)
  await client.ended
  await silent.ended
  client.halfClose()
  await closed
})
