import type { Difference } from './compare.ts'
import type { Exchange } from './exchange.ts'
import type { WireMessage } from './wire.ts'

/** One question and what came of it. */
export interface Case {
  readonly ours: Exchange
  readonly unbound: Exchange
  /** All that NSD has to say, over TCP. */
  readonly source: WireMessage
  /** Whether we were asked it before, and the answer may be kept for longer than this takes. */
  readonly isKnown: boolean
}

/** Why two answers may differ in some respect. */
export interface Rule {
  readonly name: string
  /** Who decided it so, and where that stands. */
  readonly because: string
  explains(difference: Difference, of: Case): boolean
}
