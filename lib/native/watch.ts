import { systemError } from './errno.ts'
import type { Library } from './library.ts'
import { Memory } from './memory.ts'

export const READABLE = 1
export const WRITABLE = 2

interface Callbacks {
  readonly onEvent: bigint
  readonly onClosed: bigint
  /** By the address of their handle. A handle is in use by libuv until it is closed: here it stays referenced. */
  readonly watches: Map<bigint, Watch>
}

const callbacksOf = new WeakMap<Library, Callbacks>()

/**
 * Calls `onEvent` on the main event loop when a descriptor can be read from or written to, or has an error to tell.
 * What promises were settled in it goes on before the loop waits again. An exception of it is one of the process, as
 * everywhere.
 */
export class Watch {
  readonly #library: Library
  readonly #callbacks: Callbacks
  readonly #handle: Memory
  readonly #onEvent: () => void
  readonly #closed = Promise.withResolvers<void>()
  #events = 0
  #isClosing = false

  /** Throws if the descriptor cannot be watched. The descriptor must stay open until `close` was called. */
  constructor(library: Library, fd: number, onEvent: () => void) {
    this.#library = library
    this.#callbacks = callbacks(library)
    this.#handle = new Memory(library, library.pollHandleOctets)
    this.#onEvent = onEvent
    const result = library.functions.uv_poll_init(library.loop, this.#handle.pointer, fd)
    if (result < 0) throw systemError('uv_poll_init', result)
    this.#callbacks.watches.set(this.#handle.pointer, this)
  }

  /** Begins, or goes on with other events. */
  start(events: number): void {
    if (this.#isClosing) return
    this.#events = events
    const result = this.#library.functions.uv_poll_start(this.#handle.pointer, events, this.#callbacks.onEvent)
    if (result < 0) throw systemError('uv_poll_start', result)
  }

  /** Whether this keeps the process running; it does at first. */
  keepAlive(isWanted: boolean): void {
    if (this.#isClosing) return
    const { functions } = this.#library
    if (isWanted) functions.uv_ref(this.#handle.pointer)
    else functions.uv_unref(this.#handle.pointer)
  }

  /** No more calls from now on: the descriptor may be closed at once. Resolves when libuv has let go of the handle. */
  close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true
      this.#library.functions.uv_close(this.#handle.pointer, this.#callbacks.onClosed)
    }
    return this.#closed.promise
  }

  /** Called by libuv only. */
  happened(status: number): void {
    if (this.#isClosing) return
    try {
      this.#onEvent()
      // Where the descriptor has an error, libuv stops watching it. Reading has cleared the error.
      if (status < 0) this.start(this.#events)
    } catch (error) {
      setImmediate(() => {
        throw error
      })
    }
    // Calls from outside of Node do not run what waits for promises; the next one from within does, in this same turn.
    setImmediate(nothing)
  }

  /** Called by libuv only. */
  wasClosed(): void {
    this.#callbacks.watches.delete(this.#handle.pointer)
    this.#closed.resolve()
    setImmediate(nothing)
  }
}

function nothing(): void {}

// One of each for all watches: they are code that is made at run time, and must outlive each of them.
function callbacks(library: Library): Callbacks {
  const made = callbacksOf.get(library)
  if (made !== undefined) return made
  const watches = new Map<bigint, Watch>()
  const onEvent = library.callbacks.registerCallback(
    { arguments: ['u64', 'i32', 'i32'], return: 'void' },
    (handle, status) => {
      watches.get(handle)?.happened(status)
    },
  )
  const onClosed = library.callbacks.registerCallback({ arguments: ['u64'], return: 'void' }, (handle) => {
    watches.get(handle)?.wasClosed()
  })
  const all = { onEvent, onClosed, watches }
  callbacksOf.set(library, all)
  return all
}
