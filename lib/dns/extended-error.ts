/** An extended DNS error (RFC 8914): why, for the people who read `dig`. */
export interface ExtendedError {
  /** Info-code of the IANA registry "Extended DNS Error Codes". */
  readonly code: number
  readonly text: string
}

export const EDE = {
  OTHER: 0,
  STALE: 3,
  CACHED_ERROR: 13,
  NOT_READY: 14,
  BLOCKED: 15,
  FILTERED: 17,
  PROHIBITED: 18,
  STALE_NXDOMAIN: 19,
  NOT_SUPPORTED: 21,
  NO_REACHABLE_AUTHORITY: 22,
  NETWORK_ERROR: 23,
  INVALID_QUERY_TYPE: 30,
} as const

export const EDE_OPTION = 15
const NO_OPTIONS = Buffer.alloc(0)
const MAX_TEXT_OCTETS = 120

/** The options (RFC 6891 §6.1.2) that carry these errors, in wire form. */
export function encodeExtendedErrors(errors: readonly ExtendedError[]): Buffer {
  if (errors.length === 0) return NO_OPTIONS
  return Buffer.concat(
    errors.map(({ code, text }) => {
      const octets = cut(Buffer.from(text, 'utf8'))
      const head = Buffer.alloc(6)
      head.writeUInt16BE(EDE_OPTION, 0)
      head.writeUInt16BE(2 + octets.length, 2)
      head.writeUInt16BE(code, 4)
      return Buffer.concat([head, octets])
    }),
  )
}

// No longer than the limit, and not cut within a character: EXTRA-TEXT is UTF-8 (RFC 8914 §2).
function cut(text: Buffer): Buffer {
  if (text.length <= MAX_TEXT_OCTETS) return text
  let end = MAX_TEXT_OCTETS
  while (((text[end] as number) & 0xc0) === 0x80) end--
  return text.subarray(0, end)
}
