import type { Clock } from '../base/clock.ts'
import type { Snapshot } from './snapshot.ts'

interface Options {
  readonly clock: Clock
  /** What is known now; undefined while that is not known to be so. */
  readonly take: () => Snapshot | undefined
  /** Resolves when it is on the disk. Does not reject. */
  readonly write: (snapshot: Snapshot) => Promise<void>
}

const SETTLE_MS = 5000 // changes come in groups
const LEAST_INTERVAL_MS = 30_000
const REFRESH_MS = 600_000 // without a change, to say that it is still so

/** Keeps what is known on the disk as well, soon after a change, but not for every change. */
export class SnapshotKeeper {
  readonly #options: Options
  #writing: Promise<void> = Promise.resolve()
  #writtenAtMs = Number.NEGATIVE_INFINITY
  #isDue = false
  #cancel: () => void = () => {}

  constructor(options: Options) {
    this.#options = options
    this.#wait(REFRESH_MS)
  }

  /** Something has changed. */
  changed(): void {
    if (this.#isDue) return
    this.#isDue = true
    const { clock } = this.#options
    this.#wait(Math.max(SETTLE_MS, this.#writtenAtMs + LEAST_INTERVAL_MS - clock.now()))
  }

  /** Writes what is not written yet, or leaves it, and ends. */
  async stop(writes: boolean): Promise<void> {
    this.#cancel()
    await this.#writing
    if (this.#isDue && writes) await this.#write()
    this.#cancel()
  }

  #wait(delayMs: number): void {
    this.#cancel()
    this.#cancel = this.#options.clock.after(delayMs, () => {
      // A disk may be slower than changes are.
      this.#writing = this.#writing.then(() => this.#write())
    })
  }

  async #write(): Promise<void> {
    const { clock, take, write } = this.#options
    this.#isDue = false
    this.#writtenAtMs = clock.now()
    this.#wait(REFRESH_MS)
    const snapshot = take()
    if (snapshot !== undefined) await write(snapshot)
  }
}
