import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostAndPort } from '../../lib/base/host-and-port.ts'
import type { ListenAddress, Listener } from '../../lib/server/listener.ts'
import { Listeners } from '../../lib/server/listeners.ts'
import { Streams } from '../../lib/server/streams.ts'
import { listenUdp } from '../../lib/server/udp.ts'
import { askTcp, askUdp, TcpClient } from '../helpers/dns-client.ts'
import { settled } from '../helpers/moved-clock.ts'
import { headerOf, queryPacket } from '../helpers/packets.ts'
import { Listening } from './listening.ts'
import { ScriptedResponder } from './scripted-responder.ts'

const ANY_PORT = { host: '127.0.0.1', port: 0 }
const QUERY = queryPacket('web')

/** Real listeners, and the order in which they were opened and closed. */
class Sockets implements AsyncDisposable {
  readonly world = new ScriptedResponder()
  readonly events: string[] = []
  readonly listeners: Listeners
  /** Whether the next port that TCP is tried at is taken. */
  failTcpOnce = false

  constructor() {
    const { clock, responder } = this.world
    const { respond } = responder
    const onError = (error: Error) => assert.fail(error)
    const onRefused = () => assert.fail('a connection was refused')
    const streams = new Streams({ respond, clock, onRefused, onError })
    this.listeners = new Listeners({
      udp: async (address) => this.#told('UDP', await listenUdp(address, { respond, clock, onError })),
      tcp: async (address) => {
        if (this.failTcpOnce) {
          this.failTcpOnce = false
          throw Object.assign(new Error('taken'), { code: 'EADDRINUSE' })
        }
        return this.#told('TCP', await streams.listenTcp(address))
      },
      tls: async (address) => this.#told('TLS', await streams.listenTls(address)),
    })
  }

  /** The addresses as they were bound. */
  get bound(): ListenAddress[] {
    return this.listeners.addresses.map((address) => {
      const [, host = '', port] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(address) ?? []
      return { host, port: Number(port) }
    })
  }

  #told(protocol: string, listener: Listener): Listener {
    const what = `${protocol} ${listener.address.host}`
    this.events.push(`open ${what}`)
    const close = (graceMs: number) => {
      this.events.push(`close ${what}`)
      return listener.close(graceMs)
    }
    return { address: listener.address, close }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.listeners.close(0)
    await settled()
    this.world.clock.advance(0)
    await closed
  }
}

async function assertAnswers(address: ListenAddress): Promise<void> {
  for (const ask of [askUdp, askTcp]) assert.equal(headerOf(await ask(address, QUERY)).id, 0x1234)
}

/** Whether both protocols can be bound there again. */
async function assertFree(address: ListenAddress): Promise<void> {
  const world = new ScriptedResponder()
  for (const bound of [await Listening.udp(world, address), await Listening.tcp(world, {}, address)]) {
    await bound[Symbol.asyncDispose]()
  }
}

test('UDP and TCP answer at each address, and with port 0 at the same port, which is told', async () => {
  await using sockets = new Sockets()
  await sockets.listeners.change([ANY_PORT, { host: '::1', port: 0 }, ANY_PORT], 0)
  assert.deepEqual(
    sockets.bound.map(({ host }) => host),
    ['127.0.0.1', '::1', '127.0.0.1'],
  )
  assert.equal(new Set(sockets.listeners.addresses).size, 3)
  for (const address of sockets.bound) await assertAnswers(address)
})

test('with port 0, a port that is free for UDP and taken for TCP is given up for another', async () => {
  await using sockets = new Sockets()
  sockets.failTcpOnce = true
  await sockets.listeners.change([ANY_PORT], 0)
  // Now and then another process has the port for TCP, too.
  const given = sockets.events.slice(0, -2)
  assert.deepEqual(given.slice(0, 2), ['open UDP 127.0.0.1', 'close UDP 127.0.0.1'])
  assert.equal(new Set(given).size, 2)
  assert.deepEqual(sockets.events.slice(-2), ['open UDP 127.0.0.1', 'open TCP 127.0.0.1'])
  await assertAnswers(sockets.bound[0]!)
})

test('a change opens what is new before it closes what is gone, and does not touch what stays', async () => {
  await using sockets = new Sockets()
  const [stays, goes, comes] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((host) => ({ host, port: 0 }))
  await sockets.listeners.change([stays!, goes!], 0)
  const [kept, gone] = sockets.bound
  await using client = await TcpClient.open(kept!)
  await client.ask(QUERY)
  sockets.events.length = 0
  await sockets.listeners.change([stays!, comes!], 0)
  assert.deepEqual(sockets.events, [
    'open UDP 127.0.0.3',
    'open TCP 127.0.0.3',
    'close UDP 127.0.0.2',
    'close TCP 127.0.0.2',
  ])
  assert.equal(headerOf(await client.ask(QUERY)).id, 0x1234)
  for (const address of sockets.bound) await assertAnswers(address)
  await settled()
  await assert.rejects(askTcp(gone!, QUERY), { code: 'ECONNREFUSED' })
})

test('a change to the same addresses does nothing', async () => {
  await using sockets = new Sockets()
  await sockets.listeners.change([ANY_PORT, { host: '::1', port: 0 }], 0)
  const before = sockets.listeners.addresses
  sockets.events.length = 0
  await sockets.listeners.change([ANY_PORT, { host: '::1', port: 0 }], 0)
  assert.deepEqual([sockets.events, sockets.listeners.addresses], [[], before])
})

for (const protocol of ['UDP', 'TCP'] as const) {
  test(`one address that is taken for ${protocol} changes nothing, and what was opened with it is closed`, async () => {
    const other = new ScriptedResponder()
    await using taken = protocol === 'UDP' ? await Listening.udp(other) : await Listening.tcp(other)
    await using sockets = new Sockets()
    await sockets.listeners.change([ANY_PORT], 0)
    const before = sockets.bound
    sockets.events.length = 0
    const change = sockets.listeners.change([{ host: '127.0.0.2', port: 0 }, taken.address], 0)
    await assert.rejects(change, {
      message: `cannot listen on ${protocol} ${hostAndPort(taken.address)}: another process listens there`,
    })
    assert.deepEqual(sockets.bound, before)
    await assertAnswers(before[0]!)
    const open = sockets.events.filter((event) => event.startsWith('open')).map((event) => event.slice(5))
    const closed = sockets.events.filter((event) => event.startsWith('close')).map((event) => event.slice(6))
    assert.deepEqual(closed.sort(), open.sort())
  })
}

test('an address that this host does not have is refused by name', async () => {
  await using sockets = new Sockets()
  await assert.rejects(sockets.listeners.change([{ host: '198.51.100.1', port: 5353 }], 0), {
    message: 'cannot listen on UDP 198.51.100.1:5353: this host does not have the address',
  })
  assert.deepEqual(sockets.listeners.addresses, [])
})

test('an address that goes lets what is under way finish', async () => {
  await using sockets = new Sockets()
  const release = sockets.world.hold('slow')
  await sockets.listeners.change([ANY_PORT], 0)
  await using client = await TcpClient.open(sockets.bound[0]!)
  client.send(queryPacket('slow', { id: 7 }))
  await client.ask(QUERY)
  const changed = sockets.listeners.change([{ host: '127.0.0.2', port: 0 }], 2000)
  await settled()
  release()
  assert.equal(headerOf(await client.next()).id, 7)
  client.halfClose()
  await changed
  await assertAnswers(sockets.bound[0]!)
})

test('once closed, every address is free', async () => {
  const sockets = new Sockets()
  await sockets.listeners.change([ANY_PORT, { host: '::1', port: 0 }], 0)
  const before = sockets.bound
  await sockets[Symbol.asyncDispose]()
  assert.deepEqual(sockets.listeners.addresses, [])
  for (const address of before) await assertFree(address)
})
