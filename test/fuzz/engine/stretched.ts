import type { Random } from '../../helpers/packets.ts'

const MAX_PART = 32

/** With one short part of it over and over, until it is as long as this. */
export function stretched(octets: Buffer, length: number, random: Random): Buffer {
  const start = random(octets.length + 1)
  const end = Math.min(octets.length, start + 1 + random(MAX_PART))
  const part = end > start ? octets.subarray(start, end) : Buffer.of(random(256))
  const missing = Math.max(0, length - octets.length)
  return Buffer.concat([octets.subarray(0, start), Buffer.alloc(missing, part), octets.subarray(start)])
}
