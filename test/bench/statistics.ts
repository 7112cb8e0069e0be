export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Median and range of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const at = (i: number) => sorted[i] ?? Number.NaN
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  }
}

/** Spread of `a[i] / b[i]`: each pair was measured one right after the other, so what slowed one slowed both. */
export function ratioOf(a: readonly number[], b: readonly number[]): Spread {
  return spreadOf(ratiosOf(a, b))
}

export const ratiosOf = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((value, i) => value / (b[i] ?? Number.NaN))

/**
 * An interval that holds the median with a chance of 95 % or a little more, whatever the distribution: two of the values
 * themselves, by their rank. Undefined for fewer than six values, which do not allow it.
 */
export function medianInterval(values: readonly number[]): { readonly low: number; readonly high: number } | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const count = sorted.length
  // How many values can be left out on either side: a median has k values or fewer below it as a coin has k heads.
  let chance = 2 ** -count
  let tail = chance
  let left = -1
  while (2 * tail <= 0.05) {
    left++
    chance *= (count - left) / (left + 1)
    tail += chance
  }
  const [low, high] = [sorted[left], sorted[count - 1 - left]]
  return low === undefined || high === undefined ? undefined : { low, high }
}
