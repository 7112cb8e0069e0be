/** Careful reading of JSON that somebody else wrote: whatever is not of the wanted kind is undefined or empty. */

type Fields = Readonly<Record<string, unknown>>

// Dates, maps and sets, which YAML may have, are no mappings of keys to values.
export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

export const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {})

/** The items of a list; nothing or null is an empty one. Of anything else `onOther` is told. */
export function listOf(value: unknown, onOther: (value: unknown) => void): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (value !== undefined && value !== null) onOther(value)
  return []
}

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const MAX_SHOWN = 80

/** A value as a person can read it in a message: as JSON, on one line, not endless. */
export function quote(value: unknown): string {
  return printable(json(value) ?? String(value))
}

/** Text that stands in a message without quotes: on one line, not endless, and without control characters. */
export function printable(text: string, maxShown = MAX_SHOWN): string {
  const short = text.length > maxShown ? `${text.slice(0, maxShown - 3)}...` : text
  return short.replace(/[\p{Cc}\u2028\u2029]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Whether a value contains itself, so that it cannot be written down. */
export function containsItself(value: unknown): boolean {
  try {
    JSON.stringify(value)
    return false
  } catch {
    return true
  }
}

const json = (value: unknown): string | undefined =>
  containsItself(value) ? 'a value that contains itself' : JSON.stringify(value)
