const HEADER_OCTETS = 12
const MAX_NAME_OCTETS = 255
const MAX_LABEL_OCTETS = 63
const MAX_POINTERS = 16

interface Read {
  readonly labels: readonly Buffer[]
  /** Where the next field begins. */
  readonly end: number
}

/**
 * A name as RFC 1035 §4.1.4 has it, read the plain way; undefined if it is none. Shares nothing with lib/dns, but for its
 * limits: so many pointers, none into the header, and what one leads to ends before the labels that it stands behind.
 */
export function referenceName(octets: Buffer, start: number): Read | undefined {
  const read = readRun(octets, { start, before: octets.length, pointers: 0 })
  if (read === undefined) return undefined
  const size = read.labels.reduce((sum, label) => sum + 1 + label.length, 1)
  return size > MAX_NAME_OCTETS ? undefined : read
}

interface Run {
  readonly start: number
  readonly before: number
  /** That led here. */
  readonly pointers: number
}

function readRun(octets: Buffer, run: Run): Read | undefined {
  const labels: Buffer[] = []
  for (let at = run.start; at < run.before; ) {
    const length = octets.readUInt8(at)
    if (length === 0) return { labels, end: at + 1 }
    if (length >= 0xc0) {
      const rest = readPointer(octets, at, run)
      return rest && { labels: [...labels, ...rest.labels], end: at + 2 }
    }
    if (length > MAX_LABEL_OCTETS || at + 1 + length > run.before) return undefined
    labels.push(octets.subarray(at + 1, at + 1 + length))
    at += 1 + length
  }
  return undefined
}

function readPointer(octets: Buffer, at: number, { start, before, pointers }: Run): Read | undefined {
  if (at + 2 > before || pointers === MAX_POINTERS) return undefined
  const to = octets.readUInt16BE(at) - 0xc000
  if (to < HEADER_OCTETS || to >= start) return undefined
  return readRun(octets, { start: to, before: start, pointers: pointers + 1 })
}
