import type { Random16 } from '../base/random.ts'

const LETTER_CASE_BIT = 0x20

/** A name in wire form with the case of each letter drawn: whoever forges a reply has to guess it (draft-vixie-dnsext-dns0x20). */
export function randomCase(name: Buffer, random: Random16): Buffer {
  const drawn = Buffer.from(name)
  for (let at = 0; at < drawn.length; at += (drawn[at] as number) + 1) {
    const end = at + 1 + (drawn[at] as number)
    for (let i = at + 1; i < end; i++) {
      const lower = (drawn[i] as number) | LETTER_CASE_BIT
      if (lower >= 0x61 && lower <= 0x7a && (random() & 1) === 1) drawn[i] = (drawn[i] as number) ^ LETTER_CASE_BIT
    }
  }
  return drawn
}
