import type { RelayedAnswer } from '../dns/answer.ts'
import { RCODE } from '../dns/constants.ts'
import { EDE, type ExtendedError } from '../dns/extended-error.ts'

const STALE_TTL_MS = 30_000 // RFC 8767 §4

/** An answer whose time is over, to be sent because there is no other, and why. Nobody keeps it for one that is fresh. */
export function staleAnswer(answer: RelayedAnswer, nowMs: number, why: readonly ExtendedError[]): RelayedAnswer {
  const code = answer.rcode === RCODE.NXDOMAIN ? EDE.STALE_NXDOMAIN : EDE.STALE
  return {
    ...answer,
    expiresAtMs: answer.expiresAtMs.map(() => nowMs + STALE_TTL_MS),
    errors: [...answer.errors, { code, text: 'no upstream has a newer one' }, ...why],
    cacheable: false,
    isStale: true,
  }
}
