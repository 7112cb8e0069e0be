import type { Clock } from '../base/clock.ts'
import type { Upstream } from './upstream.ts'

interface Patience {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Ends it before. */
  readonly stopped: AbortSignal
}

/** Whether an upstream replies to this query in time, with whatever it may be. Never rejects. */
export async function hasReply(upstream: Upstream, query: Buffer, patience: Patience): Promise<boolean> {
  const late = new AbortController()
  const cancel = patience.clock.after(patience.timeoutMs, () => late.abort())
  try {
    await upstream.exchange({ bytes: query, signal: AbortSignal.any([late.signal, patience.stopped]) })
    return true
  } catch {
    return false
  } finally {
    cancel()
  }
}
