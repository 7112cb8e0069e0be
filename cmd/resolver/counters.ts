/** Counts of what does not belong to one configuration. */
export class Counters {
  readonly exchanges = new Map<string, { replies: number; failures: number; mismatches: number }>()
  manifestProblems = 0
  reloads = 0
  reloadsRefused = 0
  connectionsRefused = 0
  socketErrors = 0

  /** Of one upstream; there are as many as were ever configured. */
  upstream(label: string): { replies: number; failures: number; mismatches: number } {
    const known = this.exchanges.get(label) ?? { replies: 0, failures: 0, mismatches: 0 }
    this.exchanges.set(label, known)
    return known
  }
}
