import { OPTION, OPTION_HEADER_OCTETS } from './option-code.ts'
import { encodeOption } from './option.ts'

const BLOCK_OCTETS = 468 // RFC 8467 §4.1

/**
 * What makes a reply of so many octets a multiple of 468 (RFC 7830), or, where that would not fit, as long as it may be.
 * Undefined if there is no room for the option itself.
 */
export function paddingOption(replyOctets: number, limit: number): Buffer | undefined {
  const least = replyOctets + OPTION_HEADER_OCTETS
  if (least > limit) return undefined
  const whole = Math.min(limit, Math.ceil(least / BLOCK_OCTETS) * BLOCK_OCTETS)
  return encodeOption(OPTION.PADDING, Buffer.alloc(whole - least))
}
