import { TYPE } from '../../dns/constants.ts'
import { OPTION, OPTION_HEADER_OCTETS } from '../../dns/edns/option-code.ts'
import { questionEndOf } from './question-end.ts'

const BLOCK_OCTETS = 128 // RFC 8467 §4.1
const OPT_OCTETS = 11

/**
 * The query with a padding option that makes its length a multiple of 128 octets. One that does not end with an OPT record
 * without options stays as it is: there is no place for padding, or somebody else has chosen the options.
 */
export function padded(query: Buffer): Buffer {
  if (!endsWithEmptyOpt(query)) return query
  const least = query.length + OPTION_HEADER_OCTETS
  const bytes = Buffer.alloc(Math.ceil(least / BLOCK_OCTETS) * BLOCK_OCTETS)
  query.copy(bytes)
  bytes.writeUInt16BE(bytes.length - query.length, query.length - 2)
  bytes.writeUInt16BE(OPTION.PADDING, query.length)
  bytes.writeUInt16BE(bytes.length - least, query.length + 2)
  return bytes
}

// As our own queries do: the one record behind the question, whose owner is the root.
function endsWithEmptyOpt(query: Buffer): boolean {
  const at = questionEndOf(query)
  const counts = [6, 8, 10].map((offset) => query.readUInt16BE(offset))
  if (counts.join() !== '0,0,1' || query.length !== at + OPT_OCTETS) return false
  return query[at] === 0 && query.readUInt16BE(at + 1) === TYPE.OPT && query.readUInt16BE(query.length - 2) === 0
}
