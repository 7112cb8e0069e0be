import type { EndSignal } from '../../base/ending.ts'

/** One question for one server. */
export interface TransportQuery {
  /** A whole query, with an id that was drawn for it. */
  readonly bytes: Buffer
  /** Aborted when nobody waits any more. */
  readonly signal: EndSignal
}

/** Carries questions to one server. */
export interface Transport {
  /**
   * The reply's octets: whole, and to this very query (id as in the query given, QR, opcode, question); others are
   * counted and waited past (CVE-2023-28452). Rejects when there can be none: with the error of the network, or with
   * the signal's reason.
   */
  exchange(query: TransportQuery): Promise<Buffer>
  /** Closes what is kept open. Exchanges under way reject. */
  close(): void
}

/** What happened on the way to one server, since the start; for metrics. */
export interface TransportCounters {
  connectionsOpened: number
  /** Connections that could not be opened. */
  connectionsFailed: number
  /** Questions that went over a connection that had carried others before. */
  connectionsReused: number
  /** Connections that ended with questions unanswered. */
  connectionsClosedEarly: number
  /** Replies to something else than what was asked: somebody may be guessing, or the server is broken. */
  mismatches: number
}

export const newTransportCounters = (): TransportCounters => ({
  connectionsOpened: 0,
  connectionsFailed: 0,
  connectionsReused: 0,
  connectionsClosedEarly: 0,
  mismatches: 0,
})
