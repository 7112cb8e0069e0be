import assert from 'node:assert/strict'

/** Between when and when something happened, so that a TTL can be judged exactly on a busy machine as well. */
export class Stopwatch {
  #beganMs = performance.now()
  #doneMs = performance.now()

  /** What is waited for begins not before now. */
  mark(): void {
    this.#beganMs = performance.now()
  }

  /** It has happened. */
  markDone(): void {
    this.#doneMs = performance.now()
  }

  /** Fails unless so much may be left of a TTL that began to run then, seconds rounded up. */
  assertLeft(ttlSeconds: number, leftSeconds: number): void {
    const nowMs = performance.now()
    // A reply that was on its way while a second ended may tell of either.
    const least = Math.max(1, Math.ceil(ttlSeconds - (nowMs - this.#beganMs) / 1000))
    const most = Math.ceil(ttlSeconds - (nowMs - this.#doneMs) / 1000) + 1
    assert.ok(leftSeconds >= least && leftSeconds <= most, `${leftSeconds} s left, not ${least} to ${most}`)
  }
}
