import type { Message } from '../dns/message.ts'
import type { Health } from './health.ts'
import type { TransportQuery } from './transport/transport.ts'

/** A server that queries are forwarded to. One for each server, whatever the routes that lead to it. */
export interface Upstream {
  /** For logs and metrics: address, and protocol if it is not plain DNS. */
  readonly label: string
  /** It is a server of the public Internet, which need not see names that mean nothing there. */
  readonly isPublic: boolean
  /** What is sent to it arrives, if not at once: to send it again is of no use. */
  readonly isReliable: boolean
  readonly health: Health
  /**
   * The reply to this very query, whole; others are counted and waited past (CVE-2023-28452). Rejects when there can
   * be none: with the error of the network, or as the signal says.
   */
  exchange(query: TransportQuery): Promise<Message>
}

export interface ServerAddress {
  /** IPv4 or IPv6. */
  readonly host: string
  readonly port: number
}
