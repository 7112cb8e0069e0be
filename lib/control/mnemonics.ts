import { RCODE, TYPE } from '../dns/constants.ts'

const CAA = 257

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  ...Object.entries(TYPE).map(([name, number]): [number, string] => [number, name]),
  [CAA, 'CAA'],
])
const RCODE_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(RCODE).map(([name, number]): [number, string] => [number, name]),
)

/** The mnemonic of a record type, or its number as RFC 3597 §5 writes it. */
export const typeName = (type: number): string => TYPE_NAMES.get(type) ?? `TYPE${type}`

/** The mnemonic of a response code, or its number as `dig` writes it. */
export const rcodeName = (rcode: number): string => RCODE_NAMES.get(rcode) ?? `RESERVED${rcode}`
