import type { Clock } from '../../lib/base/clock.ts'
import type { Generations } from '../../lib/base/generations.ts'
import type { Random16 } from '../../lib/base/random.ts'
import type { LimitedWarn, Logger } from '../../lib/observe/log.ts'
import type { Drains } from './drains.ts'
import type { NativeUdp } from './native-udp.ts'
import type { Counters } from './counters.ts'

/** What the process has once, whatever its configuration. */
export interface Runtime {
  readonly clock: Clock
  /** Milliseconds since 1970, for what outlives the process or comes from another machine. */
  readonly wallClock: () => number
  readonly random: Random16
  readonly env: NodeJS.ProcessEnv
  /** The user that we run as. */
  readonly uid: number
  readonly generations: Generations
  readonly log: Logger
  readonly warn: LimitedWarn
  readonly counters: Counters
  /** Seconds since 1970, for the serial number of our zones. */
  readonly startedSeconds: number
  /** The value of NODE_NAME. */
  readonly nodeName: string | undefined
  readonly drains: Drains
  /** Undefined where UDP goes through `dgram`. */
  readonly nativeUdp: NativeUdp | undefined
}
