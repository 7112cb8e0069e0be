import type { NetworkNamespace } from '../../peers/network-namespace.ts'
import type { Child, Children } from '../children.ts'
import { SERVER_CORE } from '../server.ts'
import type { Scenario } from './scenarios.ts'

export interface Bench {
  readonly children: Children
  /** A folder of this run, for configurations. */
  readonly folder: string
  readonly upstream: { readonly host: string; readonly port: number }
  /** What to start so that a program runs where it belongs: the program itself, unless that is in another network. */
  readonly command?: NetworkNamespace['command']
}

/** One that is compared: how to start it so that it forwards as a scenario says. */
export interface Forwarder {
  readonly name: 'feddns' | 'coredns' | 'unbound'
  version(): string
  /** Started; it need not answer yet. */
  start(scenario: Pick<Scenario, 'transport'>, bench: Bench): Promise<RunningForwarder>
}

/** Starts a server on its core. */
export const startServer = ({ children, command }: Bench, program: string, ...args: readonly string[]): Child =>
  children.start(SERVER_CORE, command?.(program, ...args) ?? [program, ...args])

export interface RunningForwarder {
  readonly child: Child
  readonly port: number
}
