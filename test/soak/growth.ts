/** What is looked at every few seconds. */
export interface Sample {
  readonly rssBytes: number
  readonly heapBytes: number
  readonly openFiles: number
  readonly cacheEntries: number
  readonly images: number
  readonly inFlight: number
}

export type Measure = keyof Sample

// What a program has in use at the least in a stretch of time is what it holds; what comes on top was not collected yet.
const LEAST: ReadonlySet<Measure> = new Set(['rssBytes', 'heapBytes'])

interface Bound {
  /** How much more it may be in the last quarter than in the second. */
  readonly percent: number
  readonly more: number
}

const MIB = 1024 * 1024
const BOUNDS: Readonly<Record<Measure, Bound>> = {
  rssBytes: { percent: 10, more: 8 * MIB },
  heapBytes: { percent: 10, more: 8 * MIB },
  openFiles: { percent: 10, more: 50 },
  cacheEntries: { percent: 10, more: 500 },
  images: { percent: 10, more: 500 },
  inFlight: { percent: 10, more: 200 },
}

export interface Growth {
  readonly measure: Measure
  readonly before: number
  readonly after: number
  readonly isGrowth: boolean
}

// In a quarter of a short run there may be no collection of all garbage: then memory is told less exactly.
const SAMPLES_OF_A_LONG_RUN = 300
const SHORT_RUN_BYTES = 96 * MIB

/** Compares the last quarter with the second: the first is for what has to fill up. */
export function growthOf(samples: readonly Sample[]): Growth[] {
  const quarter = (from: number) =>
    samples.slice(Math.floor((samples.length * from) / 4), Math.floor((samples.length * (from + 1)) / 4))
  return (Object.keys(BOUNDS) as Measure[]).map((measure) => {
    const level = (of: readonly Sample[]) =>
      levelOf(
        of.map((sample) => sample[measure]),
        LEAST.has(measure),
      )
    const [before, after] = [level(quarter(1)), level(quarter(3))]
    const { percent, more: inALongRun } = BOUNDS[measure]
    const isExact = !LEAST.has(measure) || samples.length >= SAMPLES_OF_A_LONG_RUN
    const more = isExact ? inALongRun : SHORT_RUN_BYTES
    return { measure, before, after, isGrowth: after > before * (1 + percent / 100) + more }
  })
}

function levelOf(values: readonly number[], isLeast: boolean): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[isLeast ? 0 : Math.floor(sorted.length / 2)] ?? Number.NaN
}
