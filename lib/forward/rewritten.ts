import { encode } from '../dns/encode.ts'
import { expandRdata } from '../dns/expand-rdata.ts'
import type { Message, PlacedRecord } from '../dns/message.ts'

/**
 * The records of a message, but for OPT, written anew in the order in which they are listed: nothing points to what moved.
 * `dropped` of them did not fit any more.
 */
export function rewritten({ bytes, question, records }: Message): { readonly bytes: Buffer; readonly dropped: number } {
  const section = (wanted: PlacedRecord['section']) =>
    records
      .filter((record) => record.section === wanted)
      .map((record) => ({ ...record, rdata: expandRdata(bytes, record.type, record.rdataAt, record.end) }))
  return encode(question, {
    answer: section('answer'),
    authority: section('authority'),
    additional: section('additional'),
  })
}
