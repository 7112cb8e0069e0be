import { messageOf } from '../../lib/base/error-text.ts'
import { ConnectedSockets } from '../../lib/native/connected-sockets.ts'
import { isUnavailable, type Library, openLibrary } from '../../lib/native/library.ts'
import type { Logger } from '../../lib/observe/log.ts'

/** UDP by the system's own calls: many datagrams at a time, and sockets for upstreams that cost a third. */
export interface NativeUdp {
  readonly library: Library
  readonly sockets: ConnectedSockets
}

export type UdpMode = 'auto' | 'dgram'

/** What there is here; undefined where Node's `dgram` has to do, and the log says why. */
export async function openNativeUdp(mode: UdpMode, log: Logger): Promise<NativeUdp | undefined> {
  const reason = (text: string): void => log.info({ reason: text }, 'UDP goes through node:dgram')
  if (mode === 'dgram') {
    reason('asked for')
    return undefined
  }
  const library = await withoutWarning(openLibrary)
  if (isUnavailable(library)) {
    reason(library.reason)
    return undefined
  }
  try {
    return { library, sockets: new ConnectedSockets(library) }
  } catch (error) {
    reason(messageOf(error))
    return undefined
  }
}

// Node tells on stderr that `node:ffi` is experimental. Nobody who runs this can act on that; the log says what is used.
async function withoutWarning<T>(work: () => Promise<T>): Promise<T> {
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (!/\bFFI\b/.test(String(warning))) Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return await work()
  } finally {
    process.emitWarning = emitWarning
  }
}
