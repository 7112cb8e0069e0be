/** Time as an argument, so that a test can move it. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. Only differences mean anything. */
  now(): number
  /** Calls `run` once, `delayMs` from now; the returned function prevents that. */
  after(delayMs: number, run: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}
