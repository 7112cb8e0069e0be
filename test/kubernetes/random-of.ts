import type { Random16 } from '../../lib/base/random.ts'

/** The same numbers for the same seed. */
export function randomOf(seed: number): Random16 {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 16
  }
}
