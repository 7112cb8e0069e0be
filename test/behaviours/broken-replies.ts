import { TYPE } from '../../lib/dns/constants.ts'
import { uint16s } from '../helpers/packets.ts'
import { a, record, replyTo } from './message.ts'
import type { Script } from './scripted-server.ts'

/** Replies that break the wire format, by how. */
export const BROKEN: Readonly<Record<string, Script>> = {
  beyond: ({ query }) => [withLength(replyTo(query, { answer: [a('192.0.2.66')] }), query, 200)],
  five: ({ query }) => [replyTo(query, { answer: [record(TYPE.A, Buffer.alloc(5, 66))] })],
  three: ({ query }) => [replyTo(query, { answer: [record(TYPE.A, Buffer.alloc(3, 66))] })],
  none: ({ query }) => [replyTo(query, { answer: [record(TYPE.A, Buffer.alloc(0))] })],
  counts: ({ query }) => [withCount(replyTo(query, { answer: [a('192.0.2.66')] }), 2)],
  loop: ({ query }) => [replyTo(query, { answer: [record(TYPE.CNAME, loopIn(query))] })],
  soa: ({ query }) => [replyTo(query, { authority: [record(TYPE.SOA, Buffer.alloc(3))] })],
}

/** With another RDLENGTH in its first record, whose owner is a pointer. */
function withLength(reply: Buffer, query: Buffer, length: number): Buffer {
  const opt = query.readUInt16BE(10) > 0 ? 11 : 0
  const at = query.length - opt + 10
  const copy = Buffer.from(reply)
  copy.writeUInt16BE(length, at)
  return copy
}

function withCount(reply: Buffer, count: number): Buffer {
  const copy = Buffer.from(reply)
  copy.writeUInt16BE(count, 6)
  copy.writeUInt16BE(0, 10)
  return copy.subarray(0, copy.length - 11)
}

/** A pointer to itself, as the RDATA of the first record. */
const loopIn = (query: Buffer): Buffer => uint16s(0xc000 | (query.length - (query.readUInt16BE(10) > 0 ? 11 : 0) + 12))
