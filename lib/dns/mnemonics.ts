import { RCODE, TYPE } from './constants.ts'

const byNumber = (numbers: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(numbers).map(([name, number]) => [number, name]))

/** The mnemonics of record types and response codes that we know, by number. */
export const TYPE_NAMES = byNumber(TYPE)
export const RCODE_NAMES = byNumber(RCODE)

/** The mnemonic of a record type, or its number as RFC 3597 §5 writes it. */
export const typeName = (type: number): string => TYPE_NAMES.get(type) ?? `TYPE${type}`

/** The mnemonic of a response code, or its number as `dig` writes it. */
export const rcodeName = (rcode: number): string => RCODE_NAMES.get(rcode) ?? `RESERVED${rcode}`
