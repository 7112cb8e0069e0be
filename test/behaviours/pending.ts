/** Behaviours that do not hold yet, by the name of their test, and why. They are run, and have to fail. */
export const PENDING: ReadonlyMap<string, string> = new Map()
