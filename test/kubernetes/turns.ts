const UNTIL_MS = 8000

/** Waits for what comes about in some turn, without asking in between. */
export class Turns {
  readonly #checks = new Set<() => void>()

  /** To be called whenever something may have come about. */
  next(): void {
    for (const check of this.#checks) check()
  }

  /** Resolves when it holds, at once or after a turn. Rejects, with what is said to it, when it does not for long. */
  async until(holds: () => boolean, describe: () => string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const check = () => {
      if (holds()) resolve()
    }
    const fail = () => reject(new Error(`this did not come about: ${String(holds)}; ${describe()}`))
    const timer = setTimeout(fail, UNTIL_MS)
    this.#checks.add(check)
    check()
    await promise.finally(() => {
      clearTimeout(timer)
      this.#checks.delete(check)
    })
  }
}
