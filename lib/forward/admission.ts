/**
 * How many queries may wait for upstreams at a time, overall and of each client. A client may have as many as are still free:
 * alone it gets half of all, and however many one has, there is room for one who has none (dynamic thresholds: Choudhury
 * and Hahne, 1998).
 */
export class Admission {
  readonly #max: number
  readonly #byClient = new Map<string, number>()
  readonly #onRefused: () => void
  #underWay = 0
  /** Queries that were not let in. */
  refused = 0

  constructor(max: number, onRefused: () => void) {
    this.#max = max
    this.#onRefused = onRefused
  }

  get underWay(): number {
    return this.#underWay
  }

  /** Whether one more is let in; if so, it has to be ended. */
  begin(client: string): boolean {
    const own = this.#byClient.get(client) ?? 0
    if (own >= this.#max - this.#underWay) {
      this.refused++
      this.#onRefused()
      return false
    }
    this.#byClient.set(client, own + 1)
    this.#underWay++
    return true
  }

  end(client: string): void {
    const own = this.#byClient.get(client) ?? 0
    if (own > 1) this.#byClient.set(client, own - 1)
    else this.#byClient.delete(client)
    this.#underWay--
  }
}
