const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** A duration as it may be written in the configuration, in the largest unit that it is a whole number of. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  const [unit, unitMs] = UNITS.find(([, unitMs]) => ms % unitMs === 0) ?? ['ms', 1]
  return `${ms / unitMs}${unit}`
}
