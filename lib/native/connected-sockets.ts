import { Epoll } from './epoll.ts'
import { EAGAIN, EINTR, systemError } from './errno.ts'
import type { Library } from './library.ts'
import { Memory } from './memory.ts'
import { type SocketAddress, SocketAddresses } from './socket-address.ts'
import { orThrow, SocketCalls } from './socket-calls.ts'
import { READABLE, Watch } from './watch.ts'

const MAX_DATAGRAM_OCTETS = 0xffff
const MAX_IDLE = 256
const MAX_EVENTS = 256
const MAX_ROUNDS = 4 // then something else has its turn

/** Who waits for what comes to one socket. */
export interface Receiver {
  take(datagram: Buffer): void
  lose(error: Error): void
}

/**
 * Sockets that are connected to one server for one question each, from a port that the kernel draws for it. Then the socket
 * is disconnected, which gives the port back, and serves another question, from another port: for a third of the price of a
 * socket of its own. One of these is enough for a process.
 */
export class ConnectedSockets {
  readonly #calls: SocketCalls
  readonly #addresses: SocketAddresses
  readonly #nowhere: SocketAddress
  readonly #epoll: Epoll
  readonly #watch: Watch
  readonly #datagram: Memory
  /** By descriptor. */
  readonly #receivers: (Receiver | undefined)[] = []
  readonly #families: number[] = []
  /** By family. */
  readonly #idle = new Map<number, number[]>()
  #inUse = 0
  #isClosed = false

  /** Throws with the error of the system. */
  constructor(library: Library) {
    this.#calls = new SocketCalls(library)
    this.#addresses = new SocketAddresses(library)
    this.#nowhere = this.#addresses.none()
    this.#datagram = new Memory(library, MAX_DATAGRAM_OCTETS)
    this.#epoll = new Epoll(library, MAX_EVENTS)
    try {
      this.#watch = new Watch(library, this.#epoll.fd, () => this.#ready())
      this.#watch.start(READABLE)
      this.#watch.keepAlive(false)
    } catch (error) {
      this.#epoll.close()
      throw error
    }
  }

  /** Of an IP address. */
  address(host: string, port: number): SocketAddress {
    return this.#addresses.parse(host, port)
  }

  /** How many questions are under way. */
  get inUse(): number {
    return this.#inUse
  }

  /** Sends, and gives the number to let go of later. Throws with the error of the system. */
  ask(server: SocketAddress, octets: Buffer, receiver: Receiver): number {
    if (this.#isClosed) throw new Error('the sockets were closed')
    if (octets.length > MAX_DATAGRAM_OCTETS) throw new RangeError(`a datagram of ${octets.length} octets`)
    const fd = this.#idle.get(server.family)?.pop() ?? this.#open(server.family)
    this.#receivers[fd] = receiver
    if (this.#inUse++ === 0) this.#watch.keepAlive(true)
    try {
      orThrow('connect', this.#calls.connect(fd, server))
      octets.copy(this.#datagram.bytes)
      orThrow('send', this.#calls.send(fd, this.#datagram, octets.length))
      return fd
    } catch (error) {
      this.letGo(fd)
      throw error
    }
  }

  /** Its receiver hears no more. Once for each number. */
  letGo(fd: number): void {
    if (this.#receivers[fd] === undefined) throw new RangeError(`socket ${fd} is not in use`)
    this.#receivers[fd] = undefined
    if (--this.#inUse === 0) this.#watch.keepAlive(false)
    const family = this.#families[fd] as number
    const idle = this.#idle.get(family) ?? []
    this.#idle.set(family, idle)
    if (!this.#isClosed && idle.length < MAX_IDLE && this.#calls.connect(fd, this.#nowhere) === 0 && this.#drain(fd)) {
      idle.push(fd)
    } else {
      this.#calls.close(fd)
    }
  }

  /** Whoever waits loses. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const [fd, receiver] of this.#receivers.entries()) {
      if (receiver === undefined) continue
      receiver.lose(new Error('the sockets were closed'))
      if (this.#receivers[fd] === receiver) this.letGo(fd)
    }
    for (const idle of this.#idle.values()) for (const fd of idle.splice(0)) this.#calls.close(fd)
    const closed = this.#watch.close()
    this.#epoll.close()
    await closed
  }

  #open(family: number): number {
    const fd = orThrow('socket', this.#calls.open(family))
    const added = this.#epoll.add(fd)
    if (added < 0) {
      this.#calls.close(fd)
      throw systemError('epoll_ctl', added)
    }
    this.#families[fd] = family
    return fd
  }

  #ready(): void {
    for (let round = 0; round < MAX_ROUNDS && !this.#isClosed; round++) {
      const count = this.#epoll.poll()
      for (let i = 0; i < count && !this.#isClosed; i++) this.#read(this.#epoll.ready(i))
      if (count < MAX_EVENTS) return
    }
  }

  // Nothing comes to one that is not connected, but for what was on its way when it was disconnected.
  #read(fd: number): void {
    const length = this.#calls.receive(fd, this.#datagram)
    const receiver = this.#receivers[fd]
    if (receiver === undefined || length === -EAGAIN || length === -EINTR) return
    if (length < 0) return receiver.lose(systemError('recv', length))
    receiver.take(Buffer.from(this.#datagram.bytes.subarray(0, length)))
  }

  // What came for the last question must not be taken for a reply to the next. True when nothing is left.
  #drain(fd: number): boolean {
    for (let tries = 0; tries < MAX_EVENTS; tries++) {
      if (this.#calls.receive(fd, this.#datagram) === -EAGAIN) return true
    }
    return false
  }
}
