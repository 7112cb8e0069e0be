import type { Clock } from '../../base/clock.ts'
import type { StreamConnection } from './stream-connection.ts'
import type { StreamQuestion } from './stream-question.ts'
import type { TransportCounters } from './transport.ts'

export interface ConnectionTimes {
  readonly connectTimeoutMs: number
  /** Closed when it has had nothing to do for so long (RFC 7766 §6.2.3). */
  readonly idleMs: number
  /** Closed when nothing at all came for so long though a reply is due: the other end may be gone. */
  readonly silenceMs: number
}

/** Those who use a connection. */
export interface ConnectionOwner {
  readonly clock: Clock
  readonly counters: TransportCounters
  readonly times: ConnectionTimes
  /** How long a reply may take before the connection counts as held up. */
  readonly patienceMs: () => number
  readonly onReady: (connection: StreamConnection) => void
  /** A reply has come: there is room for another question. */
  readonly onReply: (connection: StreamConnection, tookMs: number) => void
  /** It has had nothing to do for a while. */
  readonly onRest: (connection: StreamConnection) => void
  readonly onHeldUp: (connection: StreamConnection) => void
  /** It has ended. These questions were written to it and have no reply. */
  readonly onEnd: (connection: StreamConnection, unanswered: readonly StreamQuestion[], error: Error) => void
}
