import type { Protocol } from './connection-counters.ts'

/**
 * `greeting`: not secure yet. `idle`: nothing to do. `busy`: queries are under way. `owing`: replies lie here that the client
 * has not taken. `leaving`: we have ended it, the client has not.
 */
export type Phase = 'greeting' | 'idle' | 'busy' | 'owing' | 'leaving'

/** Who sits there. */
export interface Occupant {
  /** Takes nothing more, and ends it as soon as all is answered that was taken. */
  leave(): void
  /** Ends it now, whatever may be lost. */
  cut(): void
}

/** The place of one connection in the table of all. */
export interface Seat {
  readonly protocol: Protocol
  readonly client: string
  readonly phase: Phase
  /** When it last got on, in this phase. */
  readonly sinceMs: number
  /** Whether replies that lie here leave no memory for more. */
  readonly isShort: boolean
  /** Tells the phase, and whether anything got on since it was last told. */
  settle(phase: Phase, hasGotOn: boolean): void
  /** So many octets of replies more, or less, lie here. */
  unsent(octets: number): void
  /** The client sends what is no query. */
  reject(): void
  /** The connection is no more. */
  free(): void
}
