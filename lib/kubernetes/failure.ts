import { ApiError } from './api-error.ts'
import { Interruption, type RestartCause } from './interruption.ts'

/** What a failed list or watch has failed of. */
export function causeOf(error: Error): RestartCause {
  if (error instanceof Interruption) return error.restart
  if (error instanceof ApiError) return error.isGone ? 'gone' : 'status'
  return 'error'
}

const ENDLESS: ReadonlySet<RestartCause> = new Set(['mute', 'silence', 'garbled'])

/**
 * Whether a streaming list has failed of being one. 400 and 422: the server does not know them, or does not allow them.
 * One that is too old never ends them.
 */
export const isNoStream = (error: unknown): boolean =>
  error instanceof ApiError
    ? error.status === 400 || error.status === 422
    : error instanceof Interruption && ENDLESS.has(error.restart)

// Those that are about who asks, or about the state of the server.
const OTHER_REFUSALS: ReadonlySet<number> = new Set([401, 403, 408, 429])

/** Whether a refusal may be because of what was asked for, so that the same question has the same answer again. */
export const isAboutRequest = (error: unknown): boolean =>
  error instanceof ApiError && error.status <= 500 && !OTHER_REFUSALS.has(error.status)
