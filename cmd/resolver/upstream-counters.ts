import { newTransportCounters } from '../../lib/forward/transport/transport.ts'
import { Histogram } from '../../lib/observe/histogram.ts'

/** A quarter of a millisecond to two seconds. */
export const UPSTREAM_BUCKETS = Array.from({ length: 14 }, (_, i) => 2 ** i / 4000)

/** What came of asking one upstream. */
export class UpstreamCounters {
  /** By rcode. */
  readonly replies = new Map<number, number>()
  readonly seconds = new Histogram(UPSTREAM_BUCKETS)
  readonly transport = newTransportCounters()
  failures = 0

  reply(rcode: number, tookMs: number): void {
    this.replies.set(rcode, (this.replies.get(rcode) ?? 0) + 1)
    this.seconds.observe(tookMs / 1000)
  }
}
