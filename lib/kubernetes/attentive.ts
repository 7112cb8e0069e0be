import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/error-text.ts'
import { Interruption } from './interruption.ts'

interface Options {
  readonly clock: Clock
  /** Ended from outside. */
  readonly signal: AbortSignal
  /** How long nothing may come; asked again whenever that time is over. */
  readonly silenceMs: () => number
  readonly onOpen: () => void
  readonly onChunk: () => void
}

/**
 * The body of an answer, which is given up when nothing comes for too long: a connection of which the other end is gone
 * stays open for ever.
 */
export async function* attentive(
  open: (signal: AbortSignal) => Promise<AsyncIterable<Buffer>>,
  { clock, signal, silenceMs, onOpen, onChunk }: Options,
): AsyncGenerator<Buffer> {
  const silence = new AbortController()
  let heardAtMs = clock.now()
  let isOpen = false
  let hasBegun = false
  let cancel: () => void
  const look = () => {
    const restMs = heardAtMs + silenceMs() - clock.now()
    const cause = hasBegun ? 'silence' : isOpen ? 'mute' : 'error'
    if (restMs > 0) cancel = clock.after(restMs, look)
    else silence.abort(new Interruption(cause, `nothing came for ${silenceMs() / 1000} s`))
  }
  cancel = clock.after(silenceMs(), look)
  try {
    const body = await open(AbortSignal.any([signal, silence.signal]))
    isOpen = true
    heardAtMs = clock.now()
    onOpen()
    for await (const chunk of body) {
      heardAtMs = clock.now()
      hasBegun = true
      onChunk()
      yield chunk
      // However fast they come, queries have their turn in between.
      await new Promise((resolve) => void setImmediate(resolve))
    }
  } catch (error) {
    if (silence.signal.aborted) throw silence.signal.reason
    throw isOpen ? new Interruption('cut', `the connection broke: ${messageOf(error)}`, { cause: error }) : error
  } finally {
    cancel()
    silence.abort()
  }
}
