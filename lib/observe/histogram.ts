/** Values counted by size. */
export class Histogram {
  /** Upper bounds of all buckets but the last, which has none, rising. */
  readonly bounds: readonly number[]
  readonly counts: Float64Array
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    const found = this.bounds.findIndex((bound) => value <= bound)
    const bucket = found === -1 ? this.bounds.length : found
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.sum += value
  }
}
