import { EIO, systemError } from './errno.ts'
import type { Library } from './library.ts'
import { Memory } from './memory.ts'
import type { MessageBatch } from './message-batch.ts'
import { ADDRESS_OCTETS, portOf, type SocketAddress } from './socket-address.ts'

const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const MSG_DONTWAIT = 0x40
const NO_TIMEOUT = 0n

/** Level and number of options, as `setsockopt` takes them. */
export const SO_RCVBUF = [1, 8] as const
/** The same beyond net.core.rmem_max, for whom it is allowed. */
export const SO_RCVBUFFORCE = [1, 33] as const
/** Tells of each datagram when it came: `MessageBatch.receivedAtMs`. */
export const SO_TIMESTAMPNS = [1, 35] as const
export const SO_REUSEPORT = [1, 15] as const
export const IPV6_V6ONLY = [41, 26] as const
export const IP_MTU_DISCOVER = [0, 10] as const

type SocketOption = readonly [level: number, name: number]

const MAX_DATAGRAM_OCTETS = 0xffff
// Numbers of 64 bits are to be given as such; making one for each call would cost more than the call itself.
const OCTETS: readonly bigint[] = Array.from({ length: MAX_DATAGRAM_OCTETS + 1 }, (_, length) => BigInt(length))

/**
 * Calls for datagrams on sockets that never block. Each checks what it is given before the call, since a wrong address or
 * length ends the process. Those on the hot path return what the call returned, or the negative error number.
 */
export class SocketCalls {
  readonly #library: Library
  readonly #option: Memory
  readonly #name: Memory
  readonly #nameLength: Memory

  constructor(library: Library) {
    this.#library = library
    this.#option = new Memory(library, 4)
    this.#name = new Memory(library, ADDRESS_OCTETS)
    this.#nameLength = new Memory(library, 4)
  }

  /** A descriptor, or the negative error number. */
  open(family: number): number {
    return this.#result(this.#library.functions.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
  }

  close(fd: number): number {
    return this.#result(this.#library.functions.close(checked(fd)))
  }

  bind(fd: number, { memory, length }: SocketAddress): number {
    return this.#result(this.#library.functions.bind(checked(fd), memory.pointer, atMost(length, memory)))
  }

  connect(fd: number, { memory, length }: SocketAddress): number {
    return this.#result(this.#library.functions.connect(checked(fd), memory.pointer, atMost(length, memory)))
  }

  /** The first `length` octets of the memory, to whom the socket is connected to. */
  send(fd: number, memory: Memory, length: number): number {
    const octets = OCTETS[atMost(length, memory)]
    if (octets === undefined) throw new RangeError(`a datagram of ${length} octets`)
    return this.#result(Number(this.#library.functions.send(checked(fd), memory.pointer, octets, MSG_DONTWAIT)))
  }

  /** As many octets as fit. */
  receive(fd: number, memory: Memory): number {
    const octets = OCTETS[memory.length] ?? OCTETS[MAX_DATAGRAM_OCTETS] ?? 0n
    return this.#result(Number(this.#library.functions.recv(checked(fd), memory.pointer, octets, MSG_DONTWAIT)))
  }

  /** As many datagrams as there are and fit: how many, or the negative error number. */
  receiveBatch(fd: number, batch: MessageBatch): number {
    const { functions } = this.#library
    return this.#result(functions.recvmmsg(checked(fd), batch.pointerFrom(0), batch.capacity, MSG_DONTWAIT, NO_TIMEOUT))
  }

  /** Those from `first` to before `end`: how many were sent, or the negative error number for the first. */
  sendBatch(fd: number, batch: MessageBatch, first: number, end: number): number {
    if (!(first >= 0 && first < end && end <= batch.capacity)) throw new RangeError(`messages ${first} to ${end}`)
    const { functions } = this.#library
    return this.#result(functions.sendmmsg(checked(fd), batch.pointerFrom(first), end - first, MSG_DONTWAIT))
  }

  setOption(fd: number, [level, name]: SocketOption, value: number): number {
    this.#option.bytes.writeInt32LE(value)
    const { pointer } = this.#option
    return this.#result(this.#library.functions.setsockopt(checked(fd), level, name, pointer, 4))
  }

  option(fd: number, [level, name]: SocketOption): number {
    this.#nameLength.bytes.writeUInt32LE(4)
    const { functions } = this.#library
    orThrow(
      'getsockopt',
      this.#result(functions.getsockopt(checked(fd), level, name, this.#option.pointer, this.#nameLength.pointer)),
    )
    return this.#option.bytes.readInt32LE()
  }

  /** The port that the socket is bound to; 0 if it is not bound. */
  portOf(fd: number): number {
    this.#nameLength.bytes.writeUInt32LE(ADDRESS_OCTETS)
    const { functions } = this.#library
    orThrow(
      'getsockname',
      this.#result(functions.getsockname(checked(fd), this.#name.pointer, this.#nameLength.pointer)),
    )
    return portOf(this.#name.bytes)
  }

  // Before anything else is called.
  #result(result: number): number {
    return result >= 0 ? result : -(this.#library.errno[0] || EIO)
  }
}

/** The result, unless it is an error number. */
export function orThrow(syscall: string, result: number, subject?: string): number {
  if (result < 0) throw systemError(syscall, result, subject)
  return result
}

function checked(fd: number): number {
  if (!Number.isInteger(fd) || fd < 0) throw new RangeError(`${fd} is not a descriptor`)
  return fd
}

function atMost(length: number, memory: Memory): number {
  if (!Number.isInteger(length) || length < 0 || length > memory.length) {
    throw new RangeError(`${length} octets of ${memory.length}`)
  }
  return length
}
