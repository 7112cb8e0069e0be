import type { Clock } from '../base/clock.ts'

/** Begins a handshake; tells that there is none to begin any more. */
type Begin = () => boolean

/**
 * Handshakes cost a thousand times what an answer does. Here they begin one by one, with a gap between them in which others
 * are answered; clients take turns.
 */
export class HandshakeQueue {
  readonly #clock: Clock
  readonly #gapMs: number
  /** By client, in the order of their turns. */
  readonly #waiting = new Map<string, Begin[]>()
  #nextAtMs = Number.NEGATIVE_INFINITY
  #isDue = false

  constructor(clock: Clock, gapMs: number) {
    this.#clock = clock
    this.#gapMs = gapMs
  }

  /** Is given as many as there are connections, and no more. */
  add(client: string, begin: Begin): void {
    const own = this.#waiting.get(client)
    if (own === undefined) this.#waiting.set(client, [begin])
    else own.push(begin)
    this.#goOn()
  }

  #goOn(): void {
    if (this.#isDue || this.#waiting.size === 0) return
    const waitMs = this.#nextAtMs - this.#clock.now()
    if (waitMs <= 0) return this.#beginNext()
    this.#isDue = true
    this.#clock.after(waitMs, () => {
      this.#isDue = false
      this.#beginNext()
    })
  }

  #beginNext(): void {
    for (const [client, own] of this.#waiting) {
      const begin = own.shift()
      // Behind all others that wait.
      this.#waiting.delete(client)
      if (own.length > 0) this.#waiting.set(client, own)
      if (begin?.() !== true) continue
      this.#nextAtMs = this.#clock.now() + this.#gapMs
      break
    }
    this.#goOn()
  }
}
