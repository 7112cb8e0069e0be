import { EAGAIN, systemError } from './errno.ts'
import type { Library } from './library.ts'
import { MessageBatch } from './message-batch.ts'
import { type SocketAddress, SocketAddresses } from './socket-address.ts'
import { orThrow, SocketCalls } from './socket-calls.ts'

/**
 * Throws where the system does not do what is relied on here: a filter of system calls, or a kernel that only resembles
 * Linux, may lack calls or keep the port of a socket that is disconnected. Sends nothing beyond this socket.
 */
export function testSystem(library: Library): void {
  const calls = new SocketCalls(library)
  const addresses = new SocketAddresses(library)
  const any = addresses.parse('127.0.0.1', 0)
  const fd = orThrow('socket', calls.open(any.family))
  try {
    orThrow('bind', calls.bind(fd, any))
    const itself = addresses.parse('127.0.0.1', calls.portOf(fd))
    const batch = new MessageBatch(library, 1, 1)
    const nothing = calls.receiveBatch(fd, batch)
    if (nothing !== -EAGAIN) throw systemError('recvmmsg', nothing)
    batch.put(0, Buffer.of(0), Buffer.from(itself.memory.bytes))
    orThrow('sendmmsg', calls.sendBatch(fd, batch, 0, 1))
    testFreshPorts(calls, addresses, itself)
  } finally {
    calls.close(fd)
  }
}

function testFreshPorts(calls: SocketCalls, addresses: SocketAddresses, server: SocketAddress): void {
  const nowhere = addresses.none()
  const fd = orThrow('socket', calls.open(server.family))
  try {
    for (let i = 0; i < 2; i++) {
      orThrow('connect', calls.connect(fd, server))
      const port = calls.portOf(fd)
      orThrow('connect', calls.connect(fd, nowhere))
      if (port === 0 || calls.portOf(fd) !== 0) throw new Error('a socket that is disconnected keeps its port')
    }
  } finally {
    calls.close(fd)
  }
}
