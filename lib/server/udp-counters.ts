/** Of all UDP listeners: what would else be lost without a trace. */
export class UdpCounters {
  /** Queries that nothing was worked out for, as there were too many. */
  shed = 0
  /** Datagrams that are longer than any query. */
  tooLong = 0
  /** Replies that the system had no room for. */
  unsent = 0
}
