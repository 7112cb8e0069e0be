const RCODES = 16
const BUCKETS_PER_DOUBLING = 4
const LEAST_MS = 1 / 1024
const BUCKETS = 4 * 25

/** What became of queries of one kind. */
export interface Tally {
  asked: number
  answered: number
  /** Without a reply in time. */
  lost: number
  readonly rcodes: number[]
  worstMs: number
  /** How long replies took: bucket `i` has those of about 2^(i/4) µs. */
  readonly times: number[]
}

export const tally = (): Tally => ({
  asked: 0,
  answered: 0,
  lost: 0,
  rcodes: Array.from({ length: RCODES }, () => 0),
  worstMs: 0,
  times: Array.from({ length: BUCKETS }, () => 0),
})

export function tookMs(of: Tally, ms: number, rcode: number): void {
  const bucket = Math.floor(BUCKETS_PER_DOUBLING * Math.log2(Math.max(ms, LEAST_MS) / LEAST_MS))
  const place = Math.min(bucket, BUCKETS - 1)
  of.answered++
  of.rcodes[rcode] = (of.rcodes[rcode] as number) + 1
  of.times[place] = (of.times[place] as number) + 1
  of.worstMs = Math.max(of.worstMs, ms)
}

/** So many of a hundred replies took no longer, to within a fifth. */
export function percentileMs({ answered, times }: Tally, percent: number): number {
  let left = (answered * percent) / 100
  const bucket = times.findIndex((count) => (left -= count) <= 0)
  return LEAST_MS * 2 ** ((bucket + 1) / BUCKETS_PER_DOUBLING)
}
