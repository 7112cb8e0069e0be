import type { Resolve } from '../dns/answer.ts'

/** The answer of the first that has one. */
export const firstOf =
  (...links: readonly Resolve[]): Resolve =>
  async (query) => {
    for (const link of links) {
      const answer = await link(query)
      if (answer !== undefined) return answer
    }
    return undefined
  }
