import type { Asker } from './asker.ts'
import { packetOf, type Question } from './question.ts'
import { readWire, type WireMessage } from './wire.ts'

const TC = 0x200

/** A question and its answer, as a client sees them that asks again over TCP where a reply was truncated. */
export interface Exchange {
  readonly question: Question
  readonly first: WireMessage
  /** The same, or the reply over TCP. */
  readonly whole: WireMessage
}

/** What a reply over UDP may hold: what the client takes, and no more than gets through everywhere (RFC 9715). */
export const limitOf = ({ edns }: Question): number => Math.min(1232, Math.max(512, edns?.payloadOctets ?? 0))

export async function exchange(asker: Asker, question: Question): Promise<Exchange> {
  const packet = packetOf(question)
  const first = readWire(await asker.ask(packet, question.overTcp))
  const isTruncated = !question.overTcp && (first.flags & TC) !== 0
  return { question, first, whole: isTruncated ? readWire(await asker.ask(packet, true)) : first }
}
