import packet from 'dns-packet'
import { queryPacket } from '../../helpers/packets.ts'

/** A query as feddns sends it: with an OPT record without options at its end. */
export const query = (name: string, id: number): Buffer => queryPacket(name, { id, edns: {} })

/** The reply that knows one address for the name of the query. */
export function answerTo(asked: Buffer, address = '192.0.2.1'): Buffer {
  const { id = 0, questions = [] } = packet.decode(asked)
  const answers = questions.map(({ name }) => ({ type: 'A' as const, name, ttl: 60, data: address }))
  return packet.encode({ type: 'response', id, flags: packet.RECURSION_AVAILABLE, questions, answers })
}

/** The reply to another name, under the id of the query. */
export function answerToOther(asked: Buffer): Buffer {
  const { id } = packet.decode(asked)
  return answerTo(query('other.example', id ?? 0), '192.0.2.66')
}

/** With another id. */
export function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message)
  copy.writeUInt16BE(id, 0)
  return copy
}

/** The same message, with TC set. */
export function truncated(message: Buffer): Buffer {
  const copy = Buffer.from(message)
  copy.writeUInt8(copy.readUInt8(2) | 0x02, 2)
  return copy
}

export const nameIn = (message: Buffer): string => packet.decode(message).questions?.[0]?.name ?? ''

export const addressIn = (message: Buffer): string | undefined =>
  packet.decode(message).answers?.flatMap((record) => (record.type === 'A' ? [record.data] : []))[0]

/** A name that says which address its answer has to have, and that address. */
export function numbered(index: number): { readonly name: string; readonly address: string } {
  return { name: `n${index}.example`, address: `10.0.${index >> 8}.${index & 0xff}` }
}

/** Answers each numbered name with its address. */
export function numberedAnswer(asked: Buffer): Buffer {
  return answerTo(asked, numbered(Number(/^n(\d+)\./i.exec(nameIn(asked))?.[1] ?? 0)).address)
}
