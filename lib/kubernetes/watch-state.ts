import type { Clock } from '../base/clock.ts'
import { ApiError } from './api-error.ts'
import type { RestartCause } from './interruption.ts'
import type { ReflectorObserver } from './reflector-observer.ts'

interface Options {
  readonly clock: Clock
  /** What is known is whole without it, if we may not have it. */
  readonly isOptional: boolean
  /** Called when a list is complete, a connection made or lost. */
  readonly onChange: () => void
  readonly onListed: () => void
  /** Called when a connection was made after one was lost, or could not be made. */
  readonly onReturn: () => void
  readonly onFailure: (cause: RestartCause, error: Error) => void
  readonly onSkipped: (problem: string) => void
}

const FORBIDDEN = 403

/** How one watch does. */
export class WatchState implements ReflectorObserver {
  readonly #options: Options
  readonly restarts = new Map<RestartCause, number>()
  lists = 0
  events = 0
  skips = 0
  /** When anything came last, in milliseconds of the Clock. */
  heardAtMs: number | undefined
  eventAtMs: number | undefined
  /** Since when there is no watch that is known to be open; undefined while there is. */
  failingSinceMs: number | undefined
  /** We may not have it, and can do without. */
  isForgone = false

  constructor(options: Options) {
    this.#options = options
    this.failingSinceMs = options.clock.now()
  }

  readonly listed = (): void => {
    this.lists++
    this.#options.onListed()
    this.#options.onChange()
  }

  readonly connected = (): void => {
    this.heard()
    const isReturn = this.failingSinceMs !== undefined
    this.failingSinceMs = undefined
    this.isForgone = false
    if (isReturn) this.#options.onReturn()
    this.#options.onChange()
  }

  readonly failed = (cause: RestartCause, error: Error): void => {
    this.failingSinceMs ??= this.#options.clock.now()
    this.isForgone = this.#options.isOptional && error instanceof ApiError && error.status === FORBIDDEN
    this.#options.onFailure(cause, error)
    this.#options.onChange()
  }

  readonly restarted = (cause: RestartCause): void => {
    this.restarts.set(cause, (this.restarts.get(cause) ?? 0) + 1)
  }

  readonly heard = (): void => {
    this.heardAtMs = this.#options.clock.now()
  }

  readonly event = (): void => {
    this.events++
    this.eventAtMs = this.#options.clock.now()
  }

  readonly skipped = (problem: string): void => {
    this.skips++
    this.#options.onSkipped(problem)
  }
}
