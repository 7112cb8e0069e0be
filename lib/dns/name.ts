declare const brand: unique symbol

/**
 * A domain name in wire form (RFC 1035 §3.1), one character for each octet, uncompressed, with the root's zero at its
 * end, ASCII letters in lower case (RFC 4343). So equal names are equal strings, whatever octets their labels hold.
 */
export type Name = string & { readonly [brand]: 'Name' }

export const MAX_NAME_OCTETS = 255
export const MAX_LABEL_OCTETS = 63
export const ROOT = '\0' as Name

/** ASCII only: octets from 0x80 up have no letter case in DNS. */
export function lowerCase(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text
}

/**
 * The name of these labels, the leftmost first; with `below`, put in front of that name.
 * Throws a RangeError for an empty label, one over 63 octets, or a name over 255.
 */
export function nameOf(labels: readonly string[], below: Name = ROOT): Name {
  let wire = ''
  for (const label of labels) {
    if (label.length === 0) throw new RangeError(`empty label in "${labels.join('.')}"`)
    if (label.length > MAX_LABEL_OCTETS) throw new RangeError(`label "${label}" has ${label.length} octets, 63 allowed`)
    wire += String.fromCharCode(label.length) + lowerCase(label)
  }
  wire += below
  if (wire.length > MAX_NAME_OCTETS) throw new RangeError(`name of ${wire.length} octets, 255 allowed`)
  return wire as Name
}

/** Reads presentation form (RFC 1035 §5.1): `\.` and `\DDD` are escapes, a final dot changes nothing. */
export function parseName(text: string): Name {
  if (text === '.') return ROOT
  const labels = ['']
  for (const [part, digits, single] of text.matchAll(/\\(\d{3})|\\(.)|[^]/g)) {
    if (digits === undefined && single === undefined && part === '.') labels.push('')
    else labels[labels.length - 1] += octet(part, digits, single)
  }
  if (labels.at(-1) === '' && labels.length > 1) labels.pop()
  return nameOf(labels)
}

function octet(part: string, digits: string | undefined, single: string | undefined): string {
  const code = digits === undefined ? (single ?? part).charCodeAt(0) : Number(digits)
  if (code > 255) throw new RangeError(`"${part}" is not an octet`)
  return String.fromCharCode(code)
}

/** Presentation form with a final dot; octets other than letters, digits, `-`, `_`, `*` and `/` as `\DDD`. */
export function formatName(name: Name): string {
  if (name === ROOT) return '.'
  const safe = (label: string) =>
    label.replace(/[^A-Za-z0-9_*/-]/g, (char) => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`)
  return labelsOf(name)
    .map((label) => `${safe(label)}.`)
    .join('')
}

/** The labels, the leftmost first, without the root. */
export function labelsOf(name: Name): string[] {
  const labels: string[] = []
  for (let at = 0; at < name.length - 1; at += name.charCodeAt(at) + 1) {
    labels.push(name.slice(at + 1, at + 1 + name.charCodeAt(at)))
  }
  return labels
}

export function isAtOrBelow(name: Name, zone: Name): boolean {
  let at = 0
  while (name.length - at > zone.length) at += name.charCodeAt(at) + 1
  return name.length - at === zone.length && name.endsWith(zone)
}

/** The name without its first label; the root stays the root. */
export function parentOf(name: Name): Name {
  return name === ROOT ? ROOT : (name.slice(name.charCodeAt(0) + 1) as Name)
}

/** A lower-case RFC 1123 label: what Kubernetes allows as the name of a namespace, and of a Service nowadays. */
export function isRfc1123Label(label: string): boolean {
  return label.length <= MAX_LABEL_OCTETS && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(label)
}
