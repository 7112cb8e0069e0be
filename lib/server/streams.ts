import type { Clock } from '../base/clock.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { CONNECTION_LIMITS, type ConnectionLimits } from './connection-limits.ts'
import { ConnectionTable } from './connection-table.ts'
import { FairTurns } from './fair-turns.ts'
import { HandshakeQueue } from './handshake-queue.ts'
import { listenStream, type StreamOptions } from './listen-stream.ts'
import type { ListenAddress, Listener } from './listener.ts'
import type { Respond } from './responder.ts'
import { RightOfWay } from './right-of-way.ts'
import { SendBuffer } from './send-buffer.ts'
import { StreamCarrier } from './stream-carrier.ts'
import { type HandshakeCounters, TlsCaller } from './tls-caller.ts'
import { TlsIdentity } from './tls-identity.ts'

interface Options {
  readonly respond: Respond
  readonly clock: Clock
  /** Who has it does not wait for connections; nobody if left out. */
  readonly rightOfWay?: RightOfWay
  /** Instead of the usual ones. */
  readonly limits?: Partial<ConnectionLimits>
  /** A connection was turned away. */
  readonly onRefused: () => void
  readonly onError: (error: Error) => void
}

/** DNS over TCP (RFC 7766) and over TLS (RFC 7858), on any number of addresses that share their limits. */
export class Streams {
  readonly table: ConnectionTable
  readonly identity = new TlsIdentity()
  readonly handshakes: HandshakeCounters = { done: 0, resumed: 0, failed: 0 }
  readonly #shared: StreamOptions & Omit<ConnectionOptions, 'carrier'>
  readonly #queue: HandshakeQueue
  readonly #carriers: Readonly<Record<'tcp' | 'tls', StreamCarrier>>

  constructor({ respond, clock, rightOfWay = new RightOfWay(clock), limits: given, onRefused, onError }: Options) {
    const limits = { ...CONNECTION_LIMITS, ...given }
    this.table = new ConnectionTable({ clock, limits })
    const turns = new FairTurns(rightOfWay)
    const sending = new SendBuffer()
    this.#shared = { respond, clock, limits, table: this.table, turns, rightOfWay, sending, onRefused, onError }
    this.#queue = new HandshakeQueue(clock, limits.handshakeGapMs)
    this.#carriers = {
      tcp: new StreamCarrier(false, this.table, sending),
      tls: new StreamCarrier(true, this.table, sending),
    }
  }

  /** Binds an address. Rejects if it cannot be bound. */
  listenTcp(address: ListenAddress): Promise<Listener> {
    const options = { ...this.#shared, carrier: this.#carriers.tcp }
    return listenStream(address, {
      ...options,
      protocol: 'tcp',
      receive: (socket, seat) => new Connection(socket, seat, options),
    })
  }

  /** The same for TLS, with the identity as it is when a handshake begins. */
  listenTls(address: ListenAddress): Promise<Listener> {
    const options = {
      ...this.#shared,
      carrier: this.#carriers.tls,
      identity: this.identity,
      handshakes: this.#queue,
      handshakeCounters: this.handshakes,
    }
    return listenStream(address, {
      ...options,
      protocol: 'tls',
      receive: (socket, seat) => new TlsCaller(socket, seat, options),
    })
  }
}
