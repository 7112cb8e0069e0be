import { HEADER_OCTETS } from '../../dns/constants.ts'

export const QUESTION_TAIL_OCTETS = 4 // type and class

/** Where the question of a query of our own ends: whole, and without compression. */
export function questionEndOf(query: Buffer): number {
  let at = HEADER_OCTETS
  for (let length = query[at] ?? 0; length !== 0; length = query[at] ?? 0) at += length + 1
  return at + 1 + QUESTION_TAIL_OCTETS
}
