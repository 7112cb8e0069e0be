import { newTransportCounters } from '../../lib/forward/transport/transport.ts'
import { Histogram } from '../../lib/observe/histogram.ts'

/** A quarter of a millisecond to eight seconds: those of CoreDNS. */
export const UPSTREAM_BUCKETS = Array.from({ length: 16 }, (_, i) => 2 ** i / 4000)

/** What came of asking one upstream. */
export class UpstreamCounters {
  /** How long replies took, by their rcode. */
  readonly byRcode = new Map<number, Histogram>()
  readonly transport = newTransportCounters()
  failures = 0
  probesFailed = 0
  /** How many count here: a server can be upstream and cluster DNS at once. */
  holders = 0

  reply(rcode: number, tookMs: number): void {
    const seconds = this.byRcode.get(rcode) ?? new Histogram(UPSTREAM_BUCKETS)
    this.byRcode.set(rcode, seconds)
    seconds.observe(tookMs / 1000)
  }
}
