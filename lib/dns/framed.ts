const LENGTH_OCTETS = 2

/** These messages, each behind its length, as they leave in one write (RFC 7766 §8). */
export function framed(messages: readonly Buffer[]): Buffer {
  let size = 0
  for (const { length } of messages) size += LENGTH_OCTETS + length
  const octets = Buffer.allocUnsafe(size)
  let at = 0
  for (const message of messages) {
    at = octets.writeUInt16BE(message.length, at)
    at += message.copy(octets, at)
  }
  return octets
}
