import type { Clock } from '../base/clock.ts'
import type { WatchState } from './watch-state.ts'

interface Options {
  readonly clock: Clock
  readonly watches: readonly WatchState[]
  /** Called when everything has been listed and is watched, and when that has not been so for a while. */
  readonly onChange: (contact: 'live' | 'away') => void
}

// A server that is replaced by another one, or a watch that is opened again, is no loss of contact.
const AWAY_AFTER_MS = 10_000

/** Whether the API server tells us of everything: of several watches together. */
export class Contact {
  readonly #options: Options
  #told: 'live' | 'away' | undefined
  #cancel: () => void = () => {}

  constructor(options: Options) {
    this.#options = options
  }

  /** Since when not everything that has changed may be known, in milliseconds of the Clock; undefined while all is. */
  get awaySinceMs(): number | undefined {
    return earliest(this.#failing.map(({ heardAtMs, failingSinceMs }) => heardAtMs ?? failingSinceMs))
  }

  /** To be called whenever the state of a watch has changed. */
  look(): void {
    const { clock } = this.#options
    this.#cancel()
    const since = earliest(this.#failing.map(({ failingSinceMs }) => failingSinceMs))
    if (since === undefined) {
      if (this.#needed.every(({ lists }) => lists > 0)) this.#tell('live')
      return
    }
    const restMs = since + AWAY_AFTER_MS - clock.now()
    if (restMs <= 0) this.#tell('away')
    else this.#cancel = clock.after(restMs, () => this.look())
  }

  close(): void {
    this.#cancel()
  }

  get #failing(): readonly WatchState[] {
    return this.#needed.filter(({ failingSinceMs }) => failingSinceMs !== undefined)
  }

  get #needed(): readonly WatchState[] {
    return this.#options.watches.filter(({ isForgone }) => !isForgone)
  }

  #tell(contact: 'live' | 'away'): void {
    if (contact === this.#told) return
    this.#told = contact
    this.#options.onChange(contact)
  }
}

const earliest = (timesMs: readonly (number | undefined)[]): number | undefined =>
  timesMs.reduce((first, ms) => (first === undefined || (ms !== undefined && ms < first) ? ms : first), undefined)
