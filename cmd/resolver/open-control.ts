import { messageOf } from '../../lib/base/error-text.ts'
import { cacheVerbs } from '../../lib/control/cache-verbs.ts'
import { type ControlListener, listenControl } from '../../lib/control/listen-control.ts'
import type { Responder } from '../../lib/server/responder.ts'
import { cacheView } from './cache-view.ts'
import type { RunningForwarding } from './forwarding.ts'
import type { Runtime } from './runtime.ts'

interface Options {
  readonly path: string | undefined
  readonly before: ControlListener | undefined
  readonly runtime: Runtime
  readonly responder: Responder
  /** What is running now. */
  readonly forwarding: () => RunningForwarding
}

/** The control socket: the one there is, if its path stays the same. Rejects if it cannot be had. */
export async function openControl(options: Options): Promise<ControlListener | undefined> {
  const { path, before, runtime, responder, forwarding } = options
  if (path === undefined || path === before?.path) return path === undefined ? undefined : before
  const { clock, log, warn } = runtime
  const onFault = (error: unknown) =>
    warn('control', 'a fault of ours, or an error of the control socket', {
      error: error instanceof Error ? error.stack : messageOf(error),
    })
  const view = cacheView({ forwarding, images: () => responder.images, nowMs: () => clock.now() })
  const opened = await listenControl({ path, verbs: cacheVerbs(view), onFault })
  if (opened.tookOver) log.info({ control: path }, 'took the control socket over from another process')
  return opened
}
