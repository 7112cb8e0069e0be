import type { DynamicLibrary, WrappedFunctionsFromDefinitions } from 'node:ffi'
import { arch, endianness, platform } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { messageOf } from '../base/error-text.ts'
import { testSystem } from './self-test.ts'

// Pointers go as numbers that were made once (`pointer`): given buffers instead, each call would look for theirs anew.
const FUNCTIONS = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  connect: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  getsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'pointer'], return: 'i32' },
  send: { arguments: ['i32', 'pointer', 'u64', 'i32'], return: 'i64' },
  recv: { arguments: ['i32', 'pointer', 'u64', 'i32'], return: 'i64' },
  sendmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32'], return: 'i32' },
  recvmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32', 'pointer'], return: 'i32' },
  epoll_create1: { arguments: ['i32'], return: 'i32' },
  epoll_ctl: { arguments: ['i32', 'i32', 'i32', 'pointer'], return: 'i32' },
  epoll_wait: { arguments: ['i32', 'pointer', 'i32', 'i32'], return: 'i32' },
  inet_pton: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
  inet_ntop: { arguments: ['i32', 'pointer', 'pointer', 'u32'], return: 'pointer' },
  if_nametoindex: { arguments: ['pointer'], return: 'u32' },
  if_indextoname: { arguments: ['u32', 'pointer'], return: 'pointer' },
  uv_handle_size: { arguments: ['i32'], return: 'u64' },
  uv_handle_type_name: { arguments: ['i32'], return: 'pointer' },
  uv_poll_init: { arguments: ['pointer', 'pointer', 'i32'], return: 'i32' },
  uv_poll_start: { arguments: ['pointer', 'i32', 'pointer'], return: 'i32' },
  uv_poll_stop: { arguments: ['pointer'], return: 'i32' },
  uv_close: { arguments: ['pointer', 'pointer'], return: 'void' },
  uv_ref: { arguments: ['pointer'], return: 'void' },
  uv_unref: { arguments: ['pointer'], return: 'void' },
} as const

/** The numbers of `SOCK_NONBLOCK`, `SO_RCVBUF` and the like are the same on these, and both are little-endian. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64']

const UV_POLL = 8
const LINUX = 'linux'

/** What this process can call without code of ours that would have to be compiled. */
export interface Library {
  readonly functions: WrappedFunctionsFromDefinitions<typeof FUNCTIONS>
  readonly callbacks: Pick<DynamicLibrary, 'registerCallback'>
  /** The event loop of this thread. */
  readonly loop: bigint
  /** Octets of libuv's `uv_poll_t`. */
  readonly pollHandleOctets: number
  /** Of the last call that failed, in this thread. */
  readonly errno: Readonly<Int32Array>
  pointerTo(memory: ArrayBuffer): bigint
  /** Gives memory back that libc holds and nobody uses. Where libc cannot, it does nothing. */
  trimMemory(): void
}

export interface Unavailable {
  /** In words. */
  readonly reason: string
}

export const isUnavailable = (library: object): library is Unavailable => 'reason' in library

let opened: Promise<Library | Unavailable> | undefined

/** The same for all that ask. It stays open as long as the thread lives: libuv may call back at any time. */
export function openLibrary(): Promise<Library | Unavailable> {
  opened ??= open(platform(), arch())
  return opened
}

/** For what `openLibrary` finds of the system. */
export async function open(platform: string, arch: string): Promise<Library | Unavailable> {
  if (platform !== LINUX) return { reason: `this is ${platform}, not Linux` }
  if (!ARCHITECTURES.includes(arch) || endianness() !== 'LE') {
    return { reason: `the processor is ${arch}, not one of ${ARCHITECTURES.join(', ')}` }
  }
  // At the end of a worker Node ends the process if the worker's event loop has handles that Node did not make.
  if (!isMainThread) return { reason: 'this is a worker thread' }
  try {
    const library = load(await import('node:ffi'))
    testSystem(library)
    return library
  } catch (error) {
    // Not in this Node, not allowed here, no memory for code, a symbol is not there, or the system does otherwise.
    return { reason: messageOf(error) }
  }
}

// musl has none, and keeps little.
function trimmer(lib: DynamicLibrary): (pad: bigint) => unknown {
  try {
    return lib.getFunction('malloc_trim', { arguments: ['u64'], return: 'i32' })
  } catch {
    return () => 0
  }
}

function load(ffi: typeof import('node:ffi')): Library {
  const { lib, functions } = ffi.dlopen(null, FUNCTIONS)
  const errnoLocation = lib.getFunction('__errno_location', { arguments: [], return: 'pointer' })
  if (ffi.toString(functions.uv_handle_type_name(UV_POLL)) !== 'poll') {
    throw new Error('libuv is of an unknown version')
  }
  // Throws where there is no memory for code that is made at run time.
  lib.unregisterCallback(lib.registerCallback(() => {}))
  const trim = trimmer(lib)
  return {
    functions,
    trimMemory: () => void trim(0n),
    callbacks: lib,
    loop: ffi.getCurrentEventLoop(),
    pollHandleOctets: Number(functions.uv_handle_size(UV_POLL)),
    errno: new Int32Array(ffi.toArrayBuffer(errnoLocation(), Int32Array.BYTES_PER_ELEMENT, false)),
    pointerTo: (memory) => ffi.getRawPointer(memory),
  }
}
