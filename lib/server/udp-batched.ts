import { isIPv6 } from 'node:net'
import { nextTick } from 'node:process'
import type { Clock } from '../base/clock.ts'
import { EAGAIN, EINTR, ENOBUFS, systemError } from '../native/errno.ts'
import type { Library } from '../native/library.ts'
import { MessageBatch } from '../native/message-batch.ts'
import { portOf, SocketAddresses } from '../native/socket-address.ts'
import { IPV6_V6ONLY, orThrow, SO_RCVBUF, SO_RCVBUFFORCE, SO_TIMESTAMPNS, SocketCalls } from '../native/socket-calls.ts'
import { READABLE, Watch, WRITABLE } from '../native/watch.ts'
import { Backlog } from './backlog.ts'
import { type Carrier, UDP } from './carrier.ts'
import { ClientTexts } from './client-texts.ts'
import type { ListenAddress, Listener } from './listener.ts'
import { hostAndPort } from '../base/host-and-port.ts'
import { Rations } from './rations.ts'
import { RECEIVE_BUFFER_OCTETS, ROOM_FOR_OVERHEAD } from './receive-buffer.ts'
import type { Respond } from './responder.ts'
import type { RightOfWay } from './right-of-way.ts'
import { UdpCounters } from './udp-counters.ts'
import { UnderWay } from './under-way.ts'

const BATCH = 64
const MAX_BATCHES_AT_ONCE = 4 // then something else has its turn
const SLOT_OCTETS = 4160 // more than any query or reply, and no multiple of a page: caches keep those apart badly

interface Options {
  readonly library: Library
  readonly respond: Respond
  readonly clock: Clock
  readonly onError: (error: Error) => void
  /** Milliseconds since 1970. Without it nothing is known of how long a query has waited. */
  readonly wallClock?: () => number
  readonly counters?: UdpCounters
  /** Who works for connections looks here in between. */
  readonly rightOfWay?: RightOfWay
  /** The kernel has given less room than was asked for. */
  readonly onSmallBuffer?: (octets: number, wanted: number) => void
}

/**
 * As `listenUdp`, with up to 64 datagrams in one call to the system. Replies of one turn of the event loop leave together.
 * While the system takes no more of them, 64 wait; what comes on top is lost, as the network may lose it. While what
 * comes has waited for long already, what has a finished answer is answered, and little else, until nothing waits: else all
 * would be late, and the kernel drop one as the other. The time of one that is worked out is enough for ten that are finished.
 */
export async function listenUdpBatched(address: ListenAddress, options: Options): Promise<Listener> {
  const socket = new BatchedSocket(address, options)
  return {
    address: { host: address.host, port: socket.port },
    close: (graceMs) => socket.close(graceMs),
  }
}

class BatchedSocket {
  readonly port: number
  readonly #options: Options
  readonly #calls: SocketCalls
  readonly #fd: number
  readonly #watch: Watch
  readonly #received: MessageBatch
  readonly #replies: MessageBatch
  readonly #clients: ClientTexts
  readonly #underWay = new UnderWay()
  readonly #counters: UdpCounters
  readonly #backlog: Backlog
  /** For what comes while that is too much. */
  readonly #sparing: Carrier
  /** Replies that were not sent yet: those from `#firstUnsent` to before `#endOfReplies`. */
  #firstUnsent = 0
  #endOfReplies = 0
  #isFlushDue = false
  #isBlocked = false
  #isOpen = true
  #leave: () => void = () => {}

  constructor(address: ListenAddress, options: Options) {
    const { library } = options
    const addresses = new SocketAddresses(library)
    this.#options = options
    this.#counters = options.counters ?? new UdpCounters()
    this.#backlog = new Backlog(options.clock)
    const rations = new Rations(options.clock)
    this.#sparing = { ...UDP, affords: (client) => rations.take(client) || this.#shed() }
    this.#calls = new SocketCalls(library)
    this.#clients = new ClientTexts(addresses)
    this.#received = new MessageBatch(library, BATCH, SLOT_OCTETS)
    this.#replies = new MessageBatch(library, BATCH, SLOT_OCTETS)
    this.#fd = bound(address, this.#calls, addresses)
    try {
      this.port = this.#calls.portOf(this.#fd)
      const receiveOctets = this.#calls.option(this.#fd, SO_RCVBUF) / ROOM_FOR_OVERHEAD
      if (receiveOctets < RECEIVE_BUFFER_OCTETS) options.onSmallBuffer?.(receiveOctets, RECEIVE_BUFFER_OCTETS)
      this.#watch = new Watch(library, this.#fd, () => this.#ready())
      this.#watch.start(READABLE)
      this.#leave = options.rightOfWay?.claim(() => this.#ready()) ?? this.#leave
    } catch (error) {
      this.#calls.close(this.#fd)
      throw error
    }
  }

  async close(graceMs: number): Promise<void> {
    await this.#underWay.close(this.#options.clock, graceMs)
    if (!this.#isOpen) return
    this.#flush()
    this.#isOpen = false
    this.#leave()
    const closed = this.#watch.close()
    this.#calls.close(this.#fd)
    await closed
  }

  #ready(): void {
    if (this.#isBlocked) this.#flush()
    const carrier = this.#backlog.isTooMuch ? this.#sparing : UDP
    let batches = 0
    while (batches < MAX_BATCHES_AT_ONCE && this.#isOpen && this.#receive(carrier)) batches++
    if (batches < MAX_BATCHES_AT_ONCE) this.#backlog.drained()
    else this.#backlog.left(this.#ageMs())
    this.#flush()
  }

  #shed(): false {
    this.#counters.shed++
    return false
  }

  /** How long the first of the last batch had waited. */
  #ageMs(): number {
    const nowMs = this.#options.wallClock?.() ?? 0
    return nowMs - (this.#received.receivedAtMs() ?? nowMs)
  }

  /** Whether there may be more. */
  #receive(carrier: Carrier): boolean {
    this.#received.expectTime()
    const count = this.#calls.receiveBatch(this.#fd, this.#received)
    if (count < 0) {
      if (count !== -EAGAIN && count !== -EINTR) this.#options.onError(systemError('recvmmsg', count))
      return false
    }
    for (let i = 0; i < count; i++) this.#take(i, carrier)
    this.#received.expect(count)
    return count === BATCH
  }

  #take(i: number, carrier: Carrier): void {
    const from = this.#received.sender(i)
    // Nothing can be sent to port 0.
    if (portOf(from) === 0) return
    if (this.#received.isTruncated(i)) {
      this.#counters.tooLong++
      return
    }
    const reply = this.#options.respond(this.#received.received(i), this.#clients.textOf(from), carrier)
    if (reply === undefined) return
    if (reply instanceof Promise) {
      void this.#sendLater(reply, Buffer.from(from))
    } else {
      this.#put(reply, from)
    }
  }

  async #sendLater(later: Promise<Buffer>, to: Buffer): Promise<void> {
    const isCounted = this.#underWay.begin()
    const reply = await later
    if (isCounted) this.#underWay.end()
    if (!this.#isOpen) return
    this.#put(reply, to)
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    // When all that can go on now has done so: with it, all replies of this turn.
    nextTick(() => {
      this.#isFlushDue = false
      this.#flush()
    })
  }

  #put(reply: Buffer, to: Buffer): void {
    if (this.#endOfReplies === BATCH) this.#flush()
    if (this.#endOfReplies === BATCH) {
      this.#counters.unsent++
      return
    }
    if (reply.length > SLOT_OCTETS) {
      this.#options.onError(new RangeError(`a reply of ${reply.length} octets over UDP`))
      return
    }
    this.#replies.put(this.#endOfReplies++, reply, to)
  }

  #flush(): void {
    while (this.#isOpen && this.#firstUnsent < this.#endOfReplies) {
      const sent = this.#calls.sendBatch(this.#fd, this.#replies, this.#firstUnsent, this.#endOfReplies)
      if (sent === -EINTR) continue
      if (sent === -EAGAIN || sent === -ENOBUFS) return this.#wait(sent === -EAGAIN)
      // An error concerns the first one; the others may still go.
      if (sent < 0) {
        this.#counters.unsent++
        this.#options.onError(systemError('sendmmsg', sent))
      }
      this.#firstUnsent += Math.max(sent, 1)
    }
    this.#firstUnsent = this.#endOfReplies = 0
    if (!this.#isBlocked) return
    this.#isBlocked = false
    this.#watch.start(READABLE)
  }

  // A full buffer of the socket is announced when it has room; a full queue of the network interface is not, and loses.
  #wait(isAnnounced: boolean): void {
    if (!isAnnounced) {
      this.#options.onError(systemError('sendmmsg', -ENOBUFS))
      this.#counters.unsent += this.#endOfReplies - this.#firstUnsent
      this.#firstUnsent = this.#endOfReplies = 0
    } else if (!this.#isBlocked) {
      this.#isBlocked = true
      this.#watch.start(READABLE | WRITABLE)
    }
  }
}

/** A socket that is bound to the address, or none at all. */
function bound(address: ListenAddress, calls: SocketCalls, addresses: SocketAddresses): number {
  const local = addresses.parse(address.host, address.port)
  const fd = orThrow('socket', calls.open(local.family))
  try {
    if (isIPv6(address.host)) orThrow('setsockopt', calls.setOption(fd, IPV6_V6ONLY, 1))
    if (calls.setOption(fd, SO_RCVBUFFORCE, RECEIVE_BUFFER_OCTETS) < 0)
      orThrow('setsockopt', calls.setOption(fd, SO_RCVBUF, RECEIVE_BUFFER_OCTETS))
    // Where the system does not know it, nothing is known of how long a query has waited.
    calls.setOption(fd, SO_TIMESTAMPNS, 1)
    orThrow('bind', calls.bind(fd, local), hostAndPort(address))
    return fd
  } catch (error) {
    calls.close(fd)
    throw error
  }
}
