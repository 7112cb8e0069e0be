import { domainToASCII } from 'node:url'
import { messageOf } from '../base/error-text.ts'
import { printable } from '../base/fields.ts'
import { type Name, parseName } from '../dns/name.ts'

const WISH = 'expected a name such as www.example.org, of labels of 1 to 63 octets, at most 255 octets in all'
const MAX_SHOWN = 300

/**
 * The domain name that somebody typed, which has to be ASCII; other octets are written as `\DDD`.
 * Throws a RangeError that says what is wrong and what is allowed.
 */
export function nameArgument(text: string): Name {
  // oxlint-disable-next-line no-control-regex
  if (/[^\0-\x7f]/.test(text)) throw new RangeError(notAscii(text))
  try {
    return parseName(text)
  } catch (error) {
    const reason = printable(messageOf(error), MAX_SHOWN)
    throw new RangeError(`"${printable(text)}" is no domain name: ${reason}; ${WISH}`, { cause: error })
  }
}

function notAscii(text: string): string {
  const ascii = domainToASCII(text)
  const hint = ascii === '' ? '' : `${ascii}, or as `
  return `"${printable(text)}" is not ASCII; in DNS it is written as ${hint}octets, each as \\DDD`
}
