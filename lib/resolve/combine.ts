import type { Answer, Query, Resolve } from '../dns/answer.ts'

/** The answer of the first that has one. */
export const firstOf =
  (...links: readonly Resolve[]): Resolve =>
  (query) =>
    firstFrom(links, 0, query)

// No promise is made for those that decline at once, nor around that of the last.
function firstFrom(links: readonly Resolve[], from: number, query: Query): Promise<Answer | undefined> | undefined {
  for (let i = from; i < links.length; i++) {
    const answer = links[i]?.(query)
    if (answer === undefined) continue
    return i === links.length - 1 ? answer : answer.then((found) => found ?? firstFrom(links, i + 1, query))
  }
  return undefined
}
