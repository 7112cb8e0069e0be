import { isUnavailable, openLibrary } from '../../lib/native/library.ts'
import { Memory } from '../../lib/native/memory.ts'
import { SocketAddresses } from '../../lib/native/socket-address.ts'
import { orThrow, SocketCalls } from '../../lib/native/socket-calls.ts'
import type { Server } from './dns-client.ts'

/** Sends so many datagrams at once, before anything else has a turn. How many the kernel had no room for is not told. */
export async function openFlood(): Promise<(server: Server, count: number, packetOf: (i: number) => Buffer) => void> {
  const library = await openLibrary()
  if (isUnavailable(library)) throw new Error(library.reason)
  const calls = new SocketCalls(library)
  const addresses = new SocketAddresses(library)
  const memory = new Memory(library, 1500)
  return ({ host, port }, count, packetOf) => {
    const server = addresses.parse(host, port)
    const fd = orThrow('socket', calls.open(server.family))
    try {
      orThrow('connect', calls.connect(fd, server))
      for (let i = 0; i < count; i++) calls.send(fd, memory, packetOf(i).copy(memory.bytes))
    } finally {
      calls.close(fd)
    }
  }
}
