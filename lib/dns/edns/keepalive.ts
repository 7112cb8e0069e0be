import { OPTION } from './option-code.ts'
import { encodeOption } from './option.ts'

const UNIT_MS = 100
const MAX_UNITS = 0xffff

/** How long the connection may be idle before we close it (RFC 7828 §3.1); 0 asks the client to close it now. */
export function keepaliveOption(idleMs: number): Buffer {
  const content = Buffer.allocUnsafe(2)
  content.writeUInt16BE(Math.min(MAX_UNITS, Math.floor(idleMs / UNIT_MS)))
  return encodeOption(OPTION.KEEPALIVE, content)
}
