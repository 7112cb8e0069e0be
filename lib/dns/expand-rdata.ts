import { TYPE } from './constants.ts'
import type { Name } from './name.ts'
import { RDATA_LAYOUTS } from './rdata-layout.ts'
import { MalformedMessage, readName } from './read-name.ts'

/** A piece of RDATA: a name in full, or octets as they are. */
export type RdataPiece = { readonly name: Name } | { readonly octets: Buffer }

/**
 * Takes the RDATA at `start` to `end` of a message apart, with every name written out, so that it means the same
 * anywhere. Types without names stay one piece of octets. Throws MalformedMessage where the RDATA does not fit its type.
 */
export function expandRdata(bytes: Buffer, type: number, start: number, end: number): RdataPiece[] {
  const layout = RDATA_LAYOUTS.get(type)
  if (layout === undefined) return [{ octets: bytes.subarray(start, end) }]
  const pieces: RdataPiece[] = []
  let at = start
  for (const field of layout.fields) {
    if (field === 'name') {
      const read = readName(bytes, at)
      pieces.push({ name: read.name })
      at = read.end
    } else {
      const size = field === 'string' ? 1 + (bytes[at] ?? 0) : field
      pieces.push({ octets: bytes.subarray(at, at + size) })
      at += size
    }
  }
  const rest = end - at
  if (rest < 0 || (layout.rest !== 'any' && rest !== layout.rest)) {
    throw new MalformedMessage(`RDATA of type ${type} at ${start} does not fill its ${end - start} octets`)
  }
  if (rest > 0) pieces.push({ octets: bytes.subarray(at, end) })
  return pieces
}

/** Throws MalformedMessage where the RDATA does not fit its type. Without names there is nothing to take apart. */
export function checkRdata(bytes: Buffer, type: number, start: number, end: number): void {
  const isAddress = (type === TYPE.A && end - start === 4) || (type === TYPE.AAAA && end - start === 16)
  if (!isAddress && RDATA_LAYOUTS.has(type)) expandRdata(bytes, type, start, end)
}
