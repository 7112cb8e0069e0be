import type { RelayedAnswer } from '../dns/answer.ts'
import { FLAG, RCODE } from '../dns/constants.ts'
import { copyOf } from '../dns/copy-of.ts'
import { EDE, type ExtendedError } from '../dns/extended-error.ts'
import type { Message } from '../dns/message.ts'

const STALE_TTL_MS = 30_000 // RFC 8767 §4

/** An answer whose time is over, to be sent because there is no other, and why. Nobody keeps it for one that is fresh. */
export function staleAnswer(answer: RelayedAnswer, nowMs: number, why: readonly ExtendedError[]): RelayedAnswer {
  const code = answer.rcode === RCODE.NXDOMAIN ? EDE.STALE_NXDOMAIN : EDE.STALE
  return {
    ...answer,
    message: unvalidated(answer.message),
    expiresAtMs: answer.expiresAtMs.map(() => nowMs + STALE_TTL_MS),
    errors: [...answer.errors, { code, text: 'no upstream has a newer one' }, ...why],
    cacheable: false,
    isStale: true,
  }
}

// Its signatures may have run down since.
function unvalidated(message: Message): Message {
  if ((message.flags & FLAG.AD) === 0) return message
  const flags = message.flags & ~FLAG.AD
  const bytes = copyOf(message.bytes)
  bytes.writeUInt16BE(flags, 2)
  return { ...message, bytes, flags }
}
