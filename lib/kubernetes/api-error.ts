import { fieldsOf, listOf, printable, textOf } from '../base/fields.ts'

/** A Status object by which the API server refuses (kubernetes.io/docs/reference/using-api/api-concepts). */
export class ApiError extends Error {
  /** As of HTTP. */
  readonly status: number
  /** After this it may be asked again. */
  readonly retryAfterMs: number | undefined
  /** The version that was asked for is one that the server does not have any more. */
  readonly isGone: boolean
  /** The version that was asked for is one that the server does not have yet. */
  readonly isTooLargeVersion: boolean

  constructor(httpStatus: number, body: unknown, retryAfterHeader?: string) {
    const { kind, code, reason, message, details } = fieldsOf(body)
    // A proxy on the way may have codes of its own.
    const status = kind === 'Status' && typeof code === 'number' ? code : httpStatus
    const [why, what] = [reason, message].map((text) => printable(textOf(text) ?? '', MAX_SHOWN))
    super(`the API server says ${status} ${why}: ${what}`)
    const { retryAfterSeconds, causes } = fieldsOf(details)
    this.status = status
    this.retryAfterMs = secondsOf(retryAfterHeader) ?? secondsOf(retryAfterSeconds)
    this.isGone = status === 410
    this.isTooLargeVersion = listOf(causes, () => {}).some(
      (cause) => fieldsOf(cause)['reason'] === 'ResourceVersionTooLarge',
    )
  }
}

const MAX_SHOWN = 400
const MAX_RETRY_AFTER_SECONDS = 300

// The other form of the header, a date, is not what the API server sends.
function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' ? Number.parseInt(value, 10) : value
  if (typeof seconds !== 'number' || !(seconds > 0)) return undefined
  return Math.min(seconds, MAX_RETRY_AFTER_SECONDS) * 1000
}
