const MAX_NAME_OCTETS = 255

/** The octets of a name that is written with escapes (RFC 1035 §5.1), as they are spelled. */
export function octetsOf(name: string): Buffer {
  if (name === '.') return Buffer.of(0)
  const labels = labelsOf(name).map((label) => Buffer.concat([Buffer.of(label.length), label]))
  const octets = Buffer.concat([...labels, Buffer.of(0)])
  if (octets.length > MAX_NAME_OCTETS || labels.some((label) => label.length < 2 || label.length > 64)) {
    throw new RangeError(`"${name}" is no name`)
  }
  return octets
}

/** The labels of a name that is written with escapes, the leftmost first. */
export function labelsOf(name: string): Buffer[] {
  const labels: number[][] = [[]]
  for (const [char, digits, escaped] of name.matchAll(/\\(\d{3})|\\(.)|[^]/g)) {
    if (char === '.') labels.push([])
    else labels.at(-1)?.push(digits === undefined ? (escaped ?? char).charCodeAt(0) : Number(digits))
  }
  return labels.slice(0, -1).map((label) => Buffer.from(label))
}

/** A label with every octet escaped that might mean something in a zone file. */
export const presented = (label: Buffer): string =>
  label.toString('latin1').replace(/[^A-Za-z0-9_-]/g, (char) => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`)
