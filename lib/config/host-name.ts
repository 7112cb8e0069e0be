import { isRfc1123Label, lowerCase } from '../dns/name.ts'

const MAX_LENGTH = 253 // with the lengths of its labels and the root, 255 octets

/** Reads the name of a host (RFC 1123 §2.1), in lower case; undefined if it is none. Its last label is no number. */
export function parseHostName(text: string): string | undefined {
  const name = lowerCase(text)
  const labels = name.split('.')
  const isName = name.length <= MAX_LENGTH && labels.every(isRfc1123Label) && /^[a-z]/.test(labels.at(-1) ?? '')
  return isName ? name : undefined
}
