/** Something extra that is allowed for a share of what is done anyway: `each` adds a part of one, up to `most`. */
export class Allowance {
  readonly #each: number
  readonly #most: number
  #left: number

  constructor({ each, most }: { readonly each: number; readonly most: number }) {
    this.#each = each
    this.#most = most
    this.#left = most
  }

  earn(): void {
    this.#left = Math.min(this.#most, this.#left + this.#each)
  }

  /** Whether there is one left; if so, it is used. */
  take(): boolean {
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
