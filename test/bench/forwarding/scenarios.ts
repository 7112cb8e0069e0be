/** What the servers are asked, and how they may ask on. */
export interface Scenario {
  readonly id: 'miss-udp' | 'miss-tcp' | 'cached'
  readonly title: string
  /** Between the server and its upstream. */
  readonly transport: 'udp' | 'tcp'
  /** Whether each question is of a name that was never asked before; else it is one of those that the cache has. */
  readonly isMiss: boolean
}

export const SCENARIOS: readonly Scenario[] = [
  { id: 'miss-udp', title: 'miss over UDP', transport: 'udp', isMiss: true },
  { id: 'miss-tcp', title: 'miss over TCP', transport: 'tcp', isMiss: true },
  { id: 'cached', title: 'cached hit', transport: 'udp', isMiss: false },
]
