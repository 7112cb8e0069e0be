import type { Clock } from '../../../lib/base/clock.ts'
import { systemClock } from '../../../lib/base/clock.ts'
import type { ServerAddress } from '../../../lib/forward/upstream.ts'
import type { Connector } from '../../../lib/forward/transport/connector.ts'
import { type StreamLimits, StreamPool } from '../../../lib/forward/transport/stream-pool.ts'
import { tcpConnector } from '../../../lib/forward/transport/tcp-connector.ts'
import {
  newTransportCounters,
  type Transport,
  type TransportCounters,
} from '../../../lib/forward/transport/transport.ts'
import { query } from './answers.ts'

interface Options {
  readonly limits?: Partial<StreamLimits>
  readonly clock?: Clock
  readonly connector?: Connector
}

const DEADLINE_MS = 30_000 // so that a test fails instead of hanging

/** A transport that is closed at the end of the test, with what it counts. */
export class UnderTest<T extends Transport = Transport> implements Disposable {
  readonly transport: T
  readonly counters: TransportCounters
  #nextId = 1

  constructor(make: (counters: TransportCounters) => T) {
    this.counters = newTransportCounters()
    this.transport = make(this.counters)
  }

  /** Asks for the address of a name; rejects after a while in any case. */
  ask(name: string, options: { readonly id?: number; readonly signal?: AbortSignal } = {}): Promise<Buffer> {
    const bytes = query(name, options.id ?? this.#nextId++ & 0xffff)
    return this.transport.exchange({ bytes, signal: options.signal ?? AbortSignal.timeout(DEADLINE_MS) })
  }

  [Symbol.dispose](): void {
    this.transport.close()
  }
}

export const poolTo = (
  server: ServerAddress,
  { limits = {}, clock = systemClock, connector }: Options = {},
): UnderTest =>
  new UnderTest((counters) => new StreamPool({ connector: connector ?? tcpConnector(server), clock, counters, limits }))
