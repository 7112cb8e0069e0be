import { RDATA_LAYOUTS } from '../../../lib/dns/rdata-layout.ts'
import type { Message } from '../../../lib/dns/message.ts'

/**
 * Whether all pointers of a message lead to labels of names before them. One that leads into a TTL, or into an address,
 * makes a name that changes when these do.
 */
export function pointsToNames({ bytes, records, opt }: Message): boolean {
  const starts = new Set<number>()
  let isRight = true
  const name = (from: number): number => {
    for (let at = from; ; at += 1 + (bytes[at] as number)) {
      const length = bytes[at] as number
      if (length >= 0xc0) {
        if (!starts.has(bytes.readUInt16BE(at) & 0x3fff)) isRight = false
        return at + 2
      }
      starts.add(at)
      if (length === 0) return at + 1
    }
  }
  name(12)
  for (const { start, type, rdataAt } of [...records, ...(opt === undefined ? [] : [opt])].sort(
    (a, b) => a.start - b.start,
  )) {
    name(start)
    let at = rdataAt
    for (const field of RDATA_LAYOUTS.get(type)?.fields ?? []) {
      if (field === 'name') at = name(at)
      else at += field === 'string' ? 1 + (bytes[at] as number) : field
    }
  }
  return isRight
}
