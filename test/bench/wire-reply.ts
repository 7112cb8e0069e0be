const HEADER_OCTETS = 12
const QR_RD_RA = 0x8180
const TTL_SECONDS = 86_400
// Owner: the name of the question; A, IN, the TTL, and 192.0.2.80.
const ADDRESS_RECORD = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 80])
ADDRESS_RECORD.writeUInt32BE(TTL_SECONDS, 6)
// Payload 1232, nothing else.
const OPT_RECORD = Buffer.from([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0])

/** NOERROR and one address, whatever was asked; with OPT if there was more in the query than a question. */
export function wireReply(query: Buffer): Buffer {
  const end = questionEndOf(query)
  const hasOpt = query.readUInt16BE(10) > 0
  const reply = Buffer.allocUnsafe(end + ADDRESS_RECORD.length + (hasOpt ? OPT_RECORD.length : 0))
  query.copy(reply, 0, 0, end)
  reply.writeUInt16BE(QR_RD_RA, 2)
  reply.writeUInt16BE(1, 6)
  reply.writeUInt16BE(0, 8)
  reply.writeUInt16BE(hasOpt ? 1 : 0, 10)
  ADDRESS_RECORD.copy(reply, end)
  if (hasOpt) OPT_RECORD.copy(reply, end + ADDRESS_RECORD.length)
  return reply
}

/** Where the question ends, which is the first and only one. */
export function questionEndOf(query: Buffer): number {
  let at = HEADER_OCTETS
  while (query[at] !== 0) at += query.readUInt8(at) + 1
  return at + 5
}
