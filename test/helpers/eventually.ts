import { setTimeout as sleep } from 'node:timers/promises'

const AGAIN_MS = 20

/** Tries until it does not fail, for as long; then fails as the last try did. For what another process does in time. */
export async function eventually<T>(attempt: () => T | Promise<T>, withinMs = 10_000): Promise<T> {
  const until = Date.now() + withinMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() >= until) throw error
      await sleep(AGAIN_MS)
    }
  }
}
