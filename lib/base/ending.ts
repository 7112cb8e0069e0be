type Listener = { handleEvent(): void } | (() => void)

/** Tells when nobody waits any more: as much of an AbortSignal as is needed, so that one will do. */
export interface EndSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: Listener): void
  removeEventListener(type: 'abort', listener: Listener): void
}

/** An AbortController and its signal in one, for what is made for every question: without events it costs far less. */
export class Ending implements EndSignal {
  #listeners: Listener[] = []
  aborted = false
  reason: unknown

  addEventListener(_type: 'abort', listener: Listener): void {
    this.#listeners.push(listener)
  }

  removeEventListener(_type: 'abort', listener: Listener): void {
    const at = this.#listeners.indexOf(listener)
    if (at >= 0) this.#listeners.splice(at, 1)
  }

  abort(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) {
      if (typeof listener === 'function') listener()
      else listener.handleEvent()
    }
  }
}
