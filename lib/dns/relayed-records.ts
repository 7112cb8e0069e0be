import type { Answer, RelayedAnswer } from './answer.ts'
import { expandRdata } from './expand-rdata.ts'
import type { PlacedRecord } from './message.ts'
import type { ResourceRecord } from './record.ts'

interface Sections {
  readonly answer: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
}

/** The records of any answer, each on its own, so that they can go into another message. */
export function sectionsOf(answer: Answer): Sections {
  if (answer.kind === 'authored') return answer
  return { answer: recordsIn(answer, 'answer'), authority: recordsIn(answer, 'authority') }
}

function recordsIn({ message, expiresAtMs }: RelayedAnswer, section: PlacedRecord['section']): ResourceRecord[] {
  return message.records.flatMap((record, i) => {
    if (record.section !== section) return []
    const { owner, type, ttlSeconds, rdataAt, end } = record
    const rdata = expandRdata(message.bytes, type, rdataAt, end)
    return [{ owner, type, class: record.class, ttlSeconds, expiresAtMs: expiresAtMs[i] ?? 0, rdata }]
  })
}
