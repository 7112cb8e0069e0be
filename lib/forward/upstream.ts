import type { Message } from '../dns/message.ts'

/** One question for an upstream, with an id that was drawn for it. */
export interface UpstreamQuery {
  readonly bytes: Buffer
  /** Aborted when nobody waits any more. Whatever was opened has to be closed then. */
  readonly signal: AbortSignal
}

/** A server that queries are forwarded to. */
export interface Upstream {
  /** For logs and metrics: address, and protocol if it is not plain DNS. */
  readonly label: string
  /**
   * The reply to this very query, whole; others are counted and waited past (CVE-2023-28452). Rejects when there can
   * be none: with the error of the network, or as the signal says.
   */
  exchange(query: UpstreamQuery): Promise<Message>
}

export interface ServerAddress {
  /** IPv4 or IPv6. */
  readonly host: string
  readonly port: number
}
