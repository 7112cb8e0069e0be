import type { Config } from '../../../lib/config/config.ts'
import type { Responder } from '../../../lib/server/responder.ts'
import type { Cluster } from '../cluster.ts'
import type { RunningForwarding } from '../forwarding.ts'
import type { Doors } from '../doors.ts'
import type { Runtime } from '../runtime.ts'

/** What metrics are read from. */
export interface Parts {
  readonly runtime: Runtime
  readonly responder: Responder
  readonly doors: Doors
  readonly version: string
  /** Those of the present configuration. */
  readonly current: () => {
    readonly config: Config
    readonly cluster: Cluster
    readonly forwarding: RunningForwarding
  }
}
