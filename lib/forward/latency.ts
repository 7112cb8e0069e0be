// Buckets a quarter wider each, from 0.25 ms to 2 s.
const FIRST_MS = 0.25
const GROWTH = 1.25
const BUCKETS = 42
// From then on what is old counts half.
const HALVED_AT = 512
const LEAST_SAMPLES = 8

/** How long replies take, the later ones counting more: for telling when one is late. */
export class Latency {
  readonly #counts = new Float64Array(BUCKETS)
  #total = 0

  observe(ms: number): void {
    const bucket = ms <= FIRST_MS ? 0 : Math.ceil(Math.log(ms / FIRST_MS) / Math.log(GROWTH))
    const place = Math.min(BUCKETS - 1, bucket)
    this.#counts[place] = (this.#counts[place] as number) + 1
    this.#total++
    if (this.#total < HALVED_AT) return
    for (let i = 0; i < BUCKETS; i++) this.#counts[i] = (this.#counts[i] as number) / 2
    this.#total /= 2
  }

  /** So long 95 of 100 took at most; undefined while too few were seen. */
  get p95Ms(): number | undefined {
    if (this.#total < LEAST_SAMPLES) return undefined
    let above = this.#total * 0.05
    let place = BUCKETS - 1
    for (; place > 0; place--) {
      above -= this.#counts[place] as number
      if (above < 0) break
    }
    return FIRST_MS * GROWTH ** place
  }
}
