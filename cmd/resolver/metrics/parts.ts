import type { ReplyLimiter } from '../../../lib/server/reply-limiter.ts'
import type { Responder } from '../../../lib/server/responder.ts'
import type { Cluster } from '../cluster.ts'
import type { RunningForwarding } from '../forwarding.ts'
import type { Runtime } from '../runtime.ts'

/** What metrics are read from. */
export interface Parts {
  readonly runtime: Runtime
  readonly responder: Responder
  readonly limiter: ReplyLimiter
  /** What is listened on, as `host:port`. */
  readonly addresses: () => readonly string[]
  readonly version: string
  /** Those of the present configuration. */
  readonly current: () => { readonly cluster: Cluster; readonly forwarding: RunningForwarding }
}
