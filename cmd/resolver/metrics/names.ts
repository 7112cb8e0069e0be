import { RCODE, TYPE } from '../../../lib/dns/constants.ts'

const byNumber = (numbers: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(numbers).map(([name, number]) => [number, name]))

/** By their numbers. What has no name shares a label, whatever clients and upstreams think up. */
export const TYPE_NAMES = byNumber(TYPE)
export const RCODE_NAMES = byNumber(RCODE)
