/**
 * How many queries may be under way at a time, overall and of each client. A client may have as many as are still free:
 * alone it gets half of all, and however many one has, there is room for one who has none (dynamic thresholds: Choudhury
 * and Hahne, 1998).
 */
export class Admission {
  readonly #max: number
  readonly #byClient = new Map<string, number>()
  #underWay = 0

  constructor(max: number) {
    this.#max = max
  }

  get underWay(): number {
    return this.#underWay
  }

  /** Whether one more is let in; if so, it has to be ended. */
  begin(client: string): boolean {
    const own = this.#byClient.get(client) ?? 0
    if (own >= this.#max - this.#underWay) return false
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
