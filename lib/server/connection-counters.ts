export type Protocol = 'tcp' | 'tls'

/** Why we closed a connection: to make room, without a query for long, with replies not taken, for what is no query. */
export const CLOSED_FOR = ['room', 'idle', 'stalled', 'malformed'] as const

export type ClosedFor = (typeof CLOSED_FOR)[number]

/** Of the connections of one protocol. */
export class ConnectionCounters {
  open = 0
  accepted = 0
  /** There was no room for them. */
  refused = 0
  readonly closed: Record<ClosedFor, number> = { room: 0, idle: 0, stalled: 0, malformed: 0 }
}
