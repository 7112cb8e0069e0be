import assert from 'node:assert/strict'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { ConnectedSockets, type Receiver } from '../../lib/native/connected-sockets.ts'
import { eventually } from '../helpers/eventually.ts'
import { library } from './library-under-test.ts'

class Inbox implements Receiver {
  readonly datagrams: string[] = []
  readonly errors: NodeJS.ErrnoException[] = []

  take(datagram: Buffer): void {
    this.datagrams.push(datagram.toString())
  }

  lose(error: Error): void {
    this.errors.push(error)
  }
}

/** A server that keeps what it is asked, and the sockets to ask it with. */
async function withServer(
  use: (parts: {
    sockets: ConnectedSockets
    server: Socket
    asked: { text: string; from: RemoteInfo }[]
  }) => Promise<void>,
): Promise<void> {
  const server = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
  const asked: { text: string; from: RemoteInfo }[] = []
  server.on('message', (octets, from) => asked.push({ text: octets.toString(), from }))
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new ConnectedSockets(library)
  try {
    await use({ sockets, server, asked })
  } finally {
    await sockets.close()
    await new Promise<void>((closed) => void server.close(closed))
  }
}

const descriptors = (): number => readdirSync('/proc/self/fd').length

test('a question gets what is sent back to it, and the next one, on the same socket, does not', async () => {
  await withServer(async ({ sockets, server, asked }) => {
    const address = sockets.address('127.0.0.1', server.address().port)
    const [first, second] = [new Inbox(), new Inbox()]
    const socket = sockets.ask(address, Buffer.from('one'), first)
    await eventually(() => assert.equal(asked.length, 1))
    const to = asked[0]!.from
    server.send('reply', to.port, to.address)
    await eventually(() => assert.deepEqual(first.datagrams, ['reply']))
    // Two more are there when it is let go of, and one comes after.
    for (const text of ['late', 'later']) await new Promise((sent) => server.send(text, to.port, to.address, sent))
    sockets.letGo(socket)
    await new Promise((sent) => server.send('latest', to.port, to.address, sent))
    assert.equal(sockets.ask(address, Buffer.from('two'), second), socket)
    await eventually(() => assert.equal(asked.length, 2))
    const next = asked[1]!.from
    assert.notEqual(next.port, to.port)
    server.send('other', next.port, next.address)
    await eventually(() => assert.deepEqual(second.datagrams, ['other']))
    assert.deepEqual([first.datagrams, first.errors, second.errors], [['reply'], [], []])
    sockets.letGo(socket)
  })
})

test('ports are spread over the range of the system, though few sockets are used', async () => {
  await withServer(async ({ sockets, server, asked }) => {
    const address = sockets.address('127.0.0.1', server.address().port)
    const used = new Set<number>()
    for (let i = 0; i < 1000; i++) {
      const socket = sockets.ask(address, Buffer.from(`${i}`), new Inbox())
      used.add(socket)
      sockets.letGo(socket)
      if (i % 100 === 99) await eventually(() => assert.equal(asked.length, i + 1))
    }
    assert.equal(used.size, 1)
    const ports = asked.map(({ from }) => from.port).sort((a, b) => a - b)
    // Of a thousand drawn from the 28,232 that Linux has, 983 differ on average; runs of successors would not.
    assert.ok(new Set(ports).size > 900)
    assert.ok((ports.at(-1) ?? 0) - (ports[0] ?? 0) > 10_000)
  })
})

test('only the server that was asked is heard', async () => {
  await withServer(async ({ sockets, server, asked }) => {
    const inbox = new Inbox()
    const socket = sockets.ask(sockets.address('127.0.0.1', server.address().port), Buffer.from('one'), inbox)
    await eventually(() => assert.equal(asked.length, 1))
    const { port, address } = asked[0]!.from
    const forger = createSocket('udp4')
    await new Promise((sent) => forger.send('forged', port, address, sent))
    await new Promise<void>((closed) => void forger.close(closed))
    server.send('true', port, address)
    await eventually(() => assert.deepEqual(inbox.datagrams, ['true']))
    sockets.letGo(socket)
  })
})

test('a closed port is an error, and the socket is as good as another afterwards', async () => {
  await withServer(async ({ sockets, server, asked }) => {
    const gone = createSocket('udp4')
    gone.bind(0, '127.0.0.1')
    await once(gone, 'listening')
    const closed = sockets.address('127.0.0.1', gone.address().port)
    await new Promise<void>((done) => void gone.close(done))
    for (let round = 0; round < 3; round++) {
      const [refused, heard] = [new Inbox(), new Inbox()]
      const socket = sockets.ask(closed, Buffer.from('one'), refused)
      await eventually(() => assert.equal(refused.errors[0]?.code, 'ECONNREFUSED'))
      sockets.letGo(socket)
      const again = sockets.ask(sockets.address('127.0.0.1', server.address().port), Buffer.from('two'), heard)
      await eventually(() => assert.equal(asked.length, round + 1))
      server.send('reply', asked.at(-1)!.from.port)
      await eventually(() => assert.deepEqual([heard.datagrams, heard.errors], [['reply'], []]))
      sockets.letGo(again)
    }
  })
})

test('few sockets stay after many at once, none after closing, and whoever waits then loses', async () => {
  const before = descriptors()
  const waiting = new Inbox()
  await withServer(async ({ sockets, server, asked }) => {
    const address = sockets.address('127.0.0.1', server.address().port)
    const open = Array.from({ length: 600 }, () => sockets.ask(address, Buffer.from('x'), new Inbox()))
    assert.equal(new Set(open).size, 600)
    assert.equal(sockets.inUse, 600)
    for (const socket of open) sockets.letGo(socket)
    assert.equal(sockets.inUse, 0)
    assert.ok(descriptors() < before + 300)
    await eventually(() => assert.equal(asked.length, 600))
    assert.throws(() => sockets.letGo(open[0]!), RangeError)
    sockets.ask(address, Buffer.from('x'), waiting)
    await sockets.close()
    assert.equal(waiting.errors.length, 1)
    assert.throws(() => sockets.ask(address, Buffer.from('x'), waiting), /were closed/)
  })
  await eventually(() => assert.equal(descriptors(), before))
})

test('what is no datagram is refused, and uses up nothing', async () => {
  await withServer(async ({ sockets, server }) => {
    const address = sockets.address('127.0.0.1', server.address().port)
    assert.throws(() => sockets.ask(address, Buffer.alloc(65_536), new Inbox()), RangeError)
    assert.throws(() => sockets.ask(address, Buffer.alloc(65_535), new Inbox()), { code: 'EMSGSIZE' })
    assert.throws(() => sockets.address('example.com', 53), TypeError)
    assert.equal(sockets.inUse, 0)
  })
})
