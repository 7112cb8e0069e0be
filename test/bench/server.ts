import type { Child, Children } from './children.ts'
import type { Programs } from './programs.ts'
import type { Scenario } from './scenarios.ts'

export const SERVER_CORE = 0
/** Of the load generator and the upstream. */
export const CLIENT_CORE = 1

export interface Bench {
  readonly children: Children
  readonly programs: Programs
  /** A folder of this run, for configurations. */
  readonly folder: string
  readonly upstreamPort: number
}

/** One that is compared: how to start it so that it can answer a scenario. */
export interface Server {
  readonly name: 'feddns' | 'feddns-dgram' | 'unbound' | 'dnsmasq'
  version(programs: Programs): string
  start(scenario: Scenario, bench: Bench): Promise<RunningServer>
}

/** Started; it need not answer yet. */
export interface RunningServer {
  readonly child: Child
  readonly port: number
}
