/** What bounds connections of streams: each, those of a client, and all of them, whatever address they came to. */
export interface ConnectionLimits {
  readonly maxConnections: number
  readonly maxPerClient: number
  /** Of TLS, handshakes that are not done; they count as connections too. */
  readonly maxHandshakes: number
  /** Ended by us, and not yet by the client. They do not count as connections any more. */
  readonly maxLeaving: number
  /** A connection without a whole query and without a reply for so long is closed, while at most half of all are in use. */
  readonly idleMs: number
  /** The same when all are in use. */
  readonly leastIdleMs: number
  /** From being accepted to being secure. */
  readonly handshakeMs: number
  /** Between two TLS handshakes that begin. */
  readonly handshakeGapMs: number
  /** A client that takes nothing of what lies here for it is cut off after so long. */
  readonly stallMs: number
  /** What a connection that we have ended has left to be ended by the client. */
  readonly lingerMs: number
  /** Queries of one connection under way at a time; further ones wait unread. */
  readonly maxPipelined: number
  /** Octets of replies that may lie here for a slow reader; beyond that nothing more is read from it. */
  readonly maxUnsentOctets: number
  /** The same of all: beyond it, nothing more is read from those for whom anything lies here. */
  readonly maxUnsentOctetsOfAll: number
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  maxConnections: 1000,
  maxPerClient: 50,
  maxHandshakes: 200,
  maxLeaving: 100,
  idleMs: 10_000, // RFC 7766 §6.2.3: a few seconds
  leastIdleMs: 1000,
  handshakeMs: 5000,
  handshakeGapMs: 10, // at 1 ms to 2 ms each, at most a fifth of the time
  stallMs: 10_000,
  lingerMs: 1000,
  maxPipelined: 100,
  maxUnsentOctets: 128 * 1024,
  maxUnsentOctetsOfAll: 16 * 1024 * 1024,
}
