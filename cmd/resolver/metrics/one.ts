import type { Sample } from '../../../lib/observe/metrics.ts'

/** A metric of one value, without labels. */
export const one = (value: number): Sample[] => [{ value }]
