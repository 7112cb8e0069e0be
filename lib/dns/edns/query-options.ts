import { OPTION, OPTION_HEADER_OCTETS } from './option-code.ts'

// More than any client sends. What stands behind them is not looked at (cf. CVE-2026-41292).
const MAX_OPTIONS = 32

/** What a client may ask of us by an option, as bits. */
export const ASKED = { NSID: 1, COOKIE: 2, KEEPALIVE: 4, PADDING: 8 } as const

/**
 * The options of one query that a reply may have something for. One instance serves query after query. Of several of the
 * same kind the first counts (RFC 7873 §5.2); others than these are none of our business (RFC 6891 §6.1.2).
 */
export class QueryOptions {
  /** Bits of `ASKED`; what follows is of this query only where its bit is set. */
  asked = 0
  cookieAt = 0
  cookieOctets = 0
  keepaliveOctets = 0

  /** Reads a list of options; false if it is none. Allocates nothing. */
  read(packet: Buffer, start: number, end: number): boolean {
    for (let at = start, left = MAX_OPTIONS; at < end && left > 0; left--) {
      const contentAt = at + OPTION_HEADER_OCTETS
      if (contentAt > end) return false
      const octets = packet.readUInt16BE(at + 2)
      if (contentAt + octets > end) return false
      this.#take(packet.readUInt16BE(at), contentAt, octets)
      at = contentAt + octets
    }
    return true
  }

  #take(code: number, at: number, octets: number): void {
    const bit = bitOf(code)
    if (bit === 0 || (this.asked & bit) !== 0) return
    this.asked |= bit
    if (bit === ASKED.COOKIE) {
      this.cookieAt = at
      this.cookieOctets = octets
    } else if (bit === ASKED.KEEPALIVE) this.keepaliveOctets = octets
  }
}

function bitOf(code: number): number {
  switch (code) {
    case OPTION.NSID:
      return ASKED.NSID
    case OPTION.COOKIE:
      return ASKED.COOKIE
    case OPTION.KEEPALIVE:
      return ASKED.KEEPALIVE
    case OPTION.PADDING:
      return ASKED.PADDING
    default:
      return 0
  }
}
