import { arch } from 'node:os'
import type { Library } from './library.ts'
import { EIO } from './errno.ts'
import { Memory } from './memory.ts'
import { orThrow } from './socket-calls.ts'

const EPOLL_CLOEXEC = 0o2000000
const EPOLL_CTL_ADD = 1
const EPOLLIN = 1
const DO_NOT_WAIT = 0

// struct epoll_event is packed on x86-64 only.
const EVENT_WORDS = arch() === 'x64' ? 3 : 4
const DATA_WORD = arch() === 'x64' ? 1 : 2

/** Many descriptors that are watched as one. Whoever closes one of them takes it out by that. */
export class Epoll {
  readonly fd: number
  readonly #library: Library
  readonly #event: Memory
  readonly #events: Memory
  readonly #capacity: number

  constructor(library: Library, capacity: number) {
    this.#library = library
    this.#event = new Memory(library, EVENT_WORDS * 4)
    this.#events = new Memory(library, capacity * EVENT_WORDS * 4)
    this.#capacity = capacity
    this.fd = orThrow('epoll_create1', this.#result(library.functions.epoll_create1(EPOLL_CLOEXEC)))
  }

  /** 0, or the negative error number. */
  add(fd: number): number {
    const { words, pointer } = this.#event
    words[0] = EPOLLIN
    words[DATA_WORD] = fd
    return this.#result(this.#library.functions.epoll_ctl(this.fd, EPOLL_CTL_ADD, fd, pointer))
  }

  /** How many have something to read, or to tell an error; at most as many as there is room for. */
  poll(): number {
    const { pointer } = this.#events
    return this.#result(this.#library.functions.epoll_wait(this.fd, pointer, this.#capacity, DO_NOT_WAIT))
  }

  /** The descriptor number `i` of those that the last `poll` found. */
  ready(i: number): number {
    const fd = this.#events.words[i * EVENT_WORDS + DATA_WORD]
    if (fd === undefined) throw new RangeError(`event ${i} of ${this.#capacity}`)
    return fd
  }

  close(): void {
    this.#library.functions.close(this.fd)
  }

  #result(result: number): number {
    return result >= 0 ? result : -(this.#library.errno[0] || EIO)
  }
}
