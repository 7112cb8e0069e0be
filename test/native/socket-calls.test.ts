import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemError } from '../../lib/native/errno.ts'
import { Memory } from '../../lib/native/memory.ts'
import { MessageBatch } from '../../lib/native/message-batch.ts'
import { AF_INET, AF_INET6, SocketAddresses } from '../../lib/native/socket-address.ts'
import {
  IP_MTU_DISCOVER,
  IPV6_V6ONLY,
  SO_RCVBUF,
  SO_REUSEPORT,
  SO_TIMESTAMPNS,
  SocketCalls,
} from '../../lib/native/socket-calls.ts'
import { eventually } from '../helpers/eventually.ts'
import { library } from './library-under-test.ts'

const { EAGAIN, EADDRINUSE, EADDRNOTAVAIL, EBADF, ECONNREFUSED, EMSGSIZE, EDESTADDRREQ } = constants.errno

const calls = new SocketCalls(library)
const addresses = new SocketAddresses(library)

/** A socket of the loopback interface, closed at the end of the test. */
class Bound implements Disposable {
  readonly fd: number
  readonly address
  readonly port: number

  constructor(host = '127.0.0.1') {
    const any = addresses.parse(host, 0)
    this.fd = calls.open(any.family)
    assert.equal(calls.bind(this.fd, any), 0)
    this.port = calls.portOf(this.fd)
    this.address = addresses.parse(host, this.port)
  }

  [Symbol.dispose](): void {
    calls.close(this.fd)
  }
}

const filled = (length: number): Memory => {
  const memory = new Memory(library, Math.max(length, 1))
  for (let i = 0; i < length; i++) memory.bytes[i] = i & 0xff
  return memory
}

for (const host of ['127.0.0.1', '::1']) {
  test(`datagrams of any length go through ${host} unchanged`, () => {
    using server = new Bound(host)
    using client = new Bound(host)
    assert.equal(calls.connect(client.fd, server.address), 0)
    const room = new Memory(library, 65_535)
    for (const length of [0, 1, 511, 512, 1232, 4096, 65_000]) {
      const sent = filled(length)
      assert.equal(calls.send(client.fd, sent, length), length)
      assert.equal(calls.receive(server.fd, room), length)
      assert.deepEqual(room.bytes.subarray(0, length), sent.bytes.subarray(0, length))
    }
    assert.equal(calls.receive(server.fd, room), -EAGAIN)
  })
}

test('what is longer than a datagram can be is an error of the system, and of the memory a fault of ours', () => {
  using server = new Bound()
  using client = new Bound()
  calls.connect(client.fd, server.address)
  assert.equal(calls.send(client.fd, new Memory(library, 65_535), 65_535), -EMSGSIZE)
  const memory = new Memory(library, 100)
  const beyond = fc.oneof(fc.integer({ min: 101 }), fc.integer({ max: -1 }), fc.double({ noInteger: true }))
  fc.assert(fc.property(beyond, (length) => assert.throws(() => calls.send(client.fd, memory, length), RangeError)))
  const fds = fc.oneof(fc.integer({ max: -1 }), fc.double({ noInteger: true }))
  fc.assert(fc.property(fds, (fd) => assert.throws(() => calls.receive(fd, memory), RangeError)))
  assert.throws(() => calls.receive(2 ** 31, memory))
  assert.throws(() => calls.bind(client.fd, { ...server.address, length: 29 }), RangeError)
})

test('errors are told by their numbers', async () => {
  using server = new Bound()
  const memory = filled(4)
  const unconnected = calls.open(AF_INET)
  assert.equal(calls.send(unconnected, memory, 4), -EDESTADDRREQ)
  calls.close(unconnected)
  const other = calls.open(AF_INET)
  assert.equal(calls.bind(other, server.address), -EADDRINUSE)
  assert.equal(calls.bind(other, addresses.parse('192.0.2.1', 0)), -EADDRNOTAVAIL)
  const gone = new Bound()
  gone[Symbol.dispose]()
  assert.equal(calls.connect(other, gone.address), 0)
  assert.equal(calls.send(other, memory, 4), 4)
  await eventually(() => assert.equal(calls.receive(other, memory), -ECONNREFUSED))
  assert.equal(calls.receive(other, memory), -EAGAIN)
  calls.close(other)
  assert.equal(calls.receive(other, memory), -EBADF)
  assert.equal(calls.close(other), -EBADF)
  const error = systemError('bind', -EADDRINUSE, '127.0.0.1:53')
  assert.deepEqual([error.code, error.errno, error.syscall], ['EADDRINUSE', -EADDRINUSE, 'bind'])
  assert.equal(error.message, 'bind EADDRINUSE 127.0.0.1:53: address already in use')
})

test('a batch brings who sent what; what does not fit is known', () => {
  using server = new Bound()
  using client = new Bound()
  calls.connect(client.fd, server.address)
  const lengths = [0, 1, 99, 100, 101, 5000]
  for (const length of lengths) calls.send(client.fd, filled(length), length)
  const batch = new MessageBatch(library, 8, 100)
  assert.equal(calls.receiveBatch(server.fd, batch), lengths.length)
  for (const [i, length] of lengths.entries()) {
    assert.deepEqual(batch.received(i), filled(Math.min(length, 100)).bytes.subarray(0, Math.min(length, 100)))
    assert.equal(batch.isTruncated(i), length > 100)
    assert.equal(addresses.format(batch.sender(i)), '127.0.0.1')
    assert.equal(batch.sender(i).readUInt16BE(2), client.port)
  }
  assert.equal(calls.receiveBatch(server.fd, batch), -EAGAIN)
  // The next one into the same room.
  batch.expect(lengths.length)
  calls.send(client.fd, filled(50), 50)
  assert.equal(calls.receiveBatch(server.fd, batch), 1)
  assert.deepEqual([batch.received(0).length, batch.isTruncated(0)], [50, false])
})

test('a batch brings when its first datagram came, if that was asked for', () => {
  using server = new Bound()
  using client = new Bound()
  calls.connect(client.fd, server.address)
  const batch = new MessageBatch(library, 8, 100)
  const received = (): number | undefined => {
    for (let i = 0; i < 3; i++) calls.send(client.fd, filled(10), 10)
    batch.expect(3)
    assert.equal(calls.receiveBatch(server.fd, batch), 3)
    assert.deepEqual(batch.received(2), filled(10).bytes.subarray(0, 10))
    return batch.receivedAtMs()
  }
  assert.equal(received(), undefined)
  assert.equal(calls.setOption(server.fd, SO_TIMESTAMPNS, 1), 0)
  assert.equal(received(), undefined)
  for (let turn = 0; turn < 2; turn++) {
    batch.expectTime()
    // The kernel's clock goes in steps of some milliseconds.
    const before = Date.now() - 100
    const at = received() ?? Number.NaN
    assert.ok(at >= before && at <= Date.now() + 100, `${at}`)
  }
  assert.equal(calls.setOption(server.fd, SO_TIMESTAMPNS, 0), 0)
  batch.expectTime()
  assert.equal(received(), undefined)
})

test('a batch is sent up to the first that cannot be, and from any on', () => {
  using server = new Bound()
  using client = new Bound()
  const batch = new MessageBatch(library, 4, 100)
  const receiver = Buffer.from(server.address.memory.bytes)
  const nobody = Buffer.from(addresses.parse('127.0.0.1', 0).memory.bytes)
  for (const [i, to] of [receiver, nobody, receiver, receiver].entries()) batch.put(i, Buffer.of(i), to)
  assert.equal(calls.sendBatch(client.fd, batch, 0, 4), 1)
  assert.ok(calls.sendBatch(client.fd, batch, 1, 4) < 0)
  assert.equal(calls.sendBatch(client.fd, batch, 2, 4), 2)
  const received = new MessageBatch(library, 4, 100)
  assert.equal(calls.receiveBatch(server.fd, received), 3)
  assert.deepEqual(
    [0, 1, 2].map((i) => received.received(i)[0]),
    [0, 2, 3],
  )
  for (const [first, end] of [
    [-1, 1],
    [0, 5],
    [2, 2],
    [3, 1],
    [0, Number.NaN],
  ] as const) {
    assert.throws(() => calls.sendBatch(client.fd, batch, first, end), RangeError)
  }
})

test('a socket that was connected to nobody has no port any more, and gets another', () => {
  using server = new Bound()
  const fd = calls.open(AF_INET)
  const nobody = addresses.none()
  const ports = new Set<number>()
  for (let i = 0; i < 50; i++) {
    assert.equal(calls.connect(fd, server.address), 0)
    ports.add(calls.portOf(fd))
    assert.equal(calls.connect(fd, nobody), 0)
    assert.equal(calls.portOf(fd), 0)
  }
  calls.close(fd)
  assert.ok(ports.size >= 45)
})

test('options are set, or refused', () => {
  const fd = calls.open(AF_INET6)
  for (const [option, value] of [
    [IPV6_V6ONLY, 1],
    [SO_REUSEPORT, 1],
    [IP_MTU_DISCOVER, 0],
  ] as const) {
    assert.equal(calls.setOption(fd, option, value), 0)
    assert.equal(calls.option(fd, option), value)
  }
  assert.equal(calls.setOption(fd, SO_RCVBUF, 10_000), 0)
  assert.ok(calls.option(fd, SO_RCVBUF) >= 10_000)
  calls.close(fd)
  assert.equal(calls.setOption(fd, SO_RCVBUF, 10_000), -EBADF)
  assert.throws(() => calls.option(fd, SO_RCVBUF), { code: 'EBADF', syscall: 'getsockopt' })
  assert.throws(() => calls.portOf(fd), { code: 'EBADF' })
})
