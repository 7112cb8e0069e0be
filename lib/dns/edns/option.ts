import { OPTION_HEADER_OCTETS } from './option-code.ts'

/** An option in wire form (RFC 6891 §6.1.2). */
export function encodeOption(code: number, content: Buffer): Buffer {
  const option = Buffer.allocUnsafe(OPTION_HEADER_OCTETS + content.length)
  option.writeUInt16BE(code, 0)
  option.writeUInt16BE(content.length, 2)
  content.copy(option, OPTION_HEADER_OCTETS)
  return option
}
