import { AF_INET, SocketAddresses } from '../../lib/native/socket-address.ts'
import { Memory } from '../../lib/native/memory.ts'
import { SocketCalls } from '../../lib/native/socket-calls.ts'
import { READABLE, Watch } from '../../lib/native/watch.ts'
import { library } from './library-under-test.ts'

// What a test of watches wants to see end: run as a process of its own, with the name of what to do.

const calls = new SocketCalls(library)
const addresses = new SocketAddresses(library)
const memory = new Memory(library, 100)

/** A socket with a datagram in it. */
function full(): number {
  const fd = calls.open(AF_INET)
  calls.bind(fd, addresses.parse('127.0.0.1', 0))
  calls.connect(fd, addresses.parse('127.0.0.1', calls.portOf(fd)))
  calls.send(fd, memory, 1)
  return fd
}

const collect = (globalThis as { gc?: () => void }).gc ?? (() => {})

const TASKS: Readonly<Record<string, () => void | Promise<void>>> = {
  // Ends though it is open: nothing is left to wait for.
  unneeded: () => {
    const watch = new Watch(library, calls.open(AF_INET), () => {})
    watch.start(READABLE)
    watch.keepAlive(false)
  },
  // Nothing else keeps the process running until the datagram comes.
  needed: () => {
    const fd = calls.open(AF_INET)
    calls.bind(fd, addresses.parse('127.0.0.1', 0))
    calls.connect(fd, addresses.parse('127.0.0.1', calls.portOf(fd)))
    const watch = new Watch(library, fd, () => {
      console.log(`heard ${calls.receive(fd, memory)}`)
      watch.keepAlive(false)
    })
    watch.start(READABLE)
    watch.keepAlive(false)
    watch.keepAlive(true)
    setTimeout(() => calls.send(fd, memory, 1), 100).unref()
  },
  throws: () => {
    const watch = new Watch(library, full(), () => {
      throw new Error('from within')
    })
    watch.start(READABLE)
  },
  // Handles and buffers that nothing in JavaScript refers to, while libuv does.
  many: async () => {
    let events = 0
    for (let round = 0; round < 50; round++) {
      const watches = Array.from({ length: 20 }, () => {
        const fd = full()
        const watch = new Watch(library, fd, () => {
          events++
          calls.receive(fd, memory)
        })
        watch.start(READABLE)
        return { fd, watch }
      })
      collect()
      await new Promise(setImmediate)
      await new Promise(setImmediate)
      for (const { fd, watch } of watches) {
        void watch.close()
        calls.close(fd)
      }
      watches.length = 0
      collect()
      await new Promise(setImmediate)
    }
    console.log(events)
  },
}

await TASKS[process.argv[2] ?? '']?.()
