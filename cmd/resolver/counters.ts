import { LoopDelay } from '../../lib/observe/loop-delay.ts'
import { UdpCounters } from '../../lib/server/udp-counters.ts'
import { CorednsCounters } from './metrics/coredns-counters.ts'
import { UpstreamCounters } from './upstream-counters.ts'
import type { PolicyKind } from '../../lib/policy/verdict.ts'
import { Histogram } from '../../lib/observe/histogram.ts'

const PROGRAMMING_BUCKETS = Array.from({ length: 20 }, (_, i) => 2 ** i / 1000)

/** Counts of what does not belong to one configuration. */
export class Counters {
  /** By label. */
  readonly upstreams = new Map<string, UpstreamCounters>()
  readonly rulings = new Map<PolicyKind, number>()
  /** Objects of the cluster, or parts of them, that could not be used. */
  objectProblems = 0
  manifestProblems = 0
  /** Seconds from what made an EndpointSlice change until answers show it. */
  readonly programming = new Histogram(PROGRAMMING_BUCKETS)
  snapshotsWritten = 0
  snapshotFailures = 0
  readonly coredns = new CorednsCounters()
  reloads = 0
  reloadsRefused = 0
  readonly udp = new UdpCounters()
  readonly loopDelay = new LoopDelay()
  socketErrors = 0
  unexpectedFaults = 0

  /** An answer was given by a policy. */
  ruling(kind: PolicyKind): void {
    this.rulings.set(kind, (this.rulings.get(kind) ?? 0) + 1)
  }

  /** Of one upstream, for one more who counts; of as many as are configured, and are now in the cluster DNS. */
  holdUpstream(label: string): UpstreamCounters {
    const known = this.upstreams.get(label) ?? new UpstreamCounters()
    this.upstreams.set(label, known)
    known.holders++
    return known
  }

  /** One of those who count has gone; with the last one goes what was counted. */
  releaseUpstream(label: string): void {
    const known = this.upstreams.get(label)
    if (known !== undefined && --known.holders === 0) this.upstreams.delete(label)
  }
}
