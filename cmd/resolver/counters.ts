import { Histogram } from '../../lib/observe/histogram.ts'

const PROGRAMMING_BUCKETS = Array.from({ length: 20 }, (_, i) => 2 ** i / 1000)

/** Counts of what does not belong to one configuration. */
export class Counters {
  readonly exchanges = new Map<string, { replies: number; failures: number; mismatches: number }>()
  /** Objects of the cluster, or parts of them, that could not be used. */
  objectProblems = 0
  manifestProblems = 0
  /** Seconds from what made an EndpointSlice change until answers show it. */
  readonly programming = new Histogram(PROGRAMMING_BUCKETS)
  snapshotsWritten = 0
  snapshotFailures = 0
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
