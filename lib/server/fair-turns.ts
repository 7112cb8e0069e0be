import type { RightOfWay } from './right-of-way.ts'

/** Somebody who answers queries of one connection. */
interface Worker {
  /** Answers a few of those that wait. */
  goOn(): void
  /** Sends what was answered. */
  send(): void
}

// About 0.3 ms of answers that are known, short or long: so long UDP waits for streams.
const TURN_COST = 64
const QUERY_COST = 1
const OCTETS_OF_COST = 1024

/**
 * Connections take turns: in one turn of the event loop all of them together answer only so many queries, a few of each,
 * so that no pipeline keeps other connections, or UDP, waiting. Replies that are ready in one turn are sent together.
 */
export class FairTurns {
  readonly #waiting = new Set<Worker>()
  readonly #sending = new Set<Worker>()
  readonly #rightOfWay: RightOfWay
  #left = TURN_COST
  #isDue = false

  constructor(rightOfWay: RightOfWay) {
    this.#rightOfWay = rightOfWay
  }

  /** Whether one more query may be answered in this turn. */
  take(): boolean {
    if (this.#left <= 0) return false
    this.#left -= QUERY_COST
    this.#schedule()
    return true
  }

  /** So many octets of replies were made in this turn. */
  spend(octets: number): void {
    this.#left -= octets / OCTETS_OF_COST
  }

  /** It goes on in one of the next turns, when all have that waited before. */
  goOnLater(worker: Worker): void {
    this.#waiting.add(worker)
    this.#schedule()
  }

  sendLater(worker: Worker): void {
    this.#sending.add(worker)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    this.#isDue = false
    this.#left = TURN_COST
    for (const worker of this.#sending) {
      this.#sending.delete(worker)
      worker.send()
      this.#rightOfWay.give()
    }
    // Who still has something to do is added again, behind the others.
    for (const worker of this.#waiting) {
      if (this.#left <= 0) break
      this.#waiting.delete(worker)
      worker.goOn()
      this.#rightOfWay.give()
    }
    if (this.#waiting.size > 0) this.#schedule()
  }
}
