import { codeOf, messageOf } from '../base/error-text.ts'
import type { ListenAddress, Listener } from './listener.ts'
import { hostAndPort } from '../base/host-and-port.ts'

const SAME_PORT_TRIES = 20

interface Options {
  readonly udp: (address: ListenAddress) => Promise<Listener>
  readonly tcp: (address: ListenAddress) => Promise<Listener>
}

/** What is listened on: UDP and TCP on each address. A change opens what is new before it closes what is gone. */
export class Listeners {
  readonly #options: Options
  readonly #open = new Map<string, readonly Listener[]>()
  #closing: Promise<unknown> = Promise.resolve()

  constructor(options: Options) {
    this.#options = options
  }

  get addresses(): string[] {
    return [...this.#open.values()].flatMap(([first]) => (first === undefined ? [] : [hostAndPort(first.address)]))
  }

  /**
   * Makes these the addresses, and resolves when all are open. Those that stay are not touched; those that go finish
   * what is under way for at most `graceMs`. If one cannot be bound, nothing changes and the promise rejects.
   */
  async change(addresses: readonly ListenAddress[], graceMs: number): Promise<void> {
    const opened = new Map<string, readonly Listener[]>()
    const wanted = new Set<string>()
    try {
      for (const [i, address] of addresses.entries()) {
        const key = address.port === 0 ? `${hostAndPort(address)} ${i}` : hostAndPort(address)
        wanted.add(key)
        if (!this.#open.has(key)) opened.set(key, await this.#bind(address))
      }
    } catch (error) {
      await closeAll(opened.values(), 0)
      throw error
    }
    const gone = [...this.#open].filter(([key]) => !wanted.has(key))
    for (const [key] of gone) this.#open.delete(key)
    for (const [key, pair] of opened) this.#open.set(key, pair)
    this.#closing = Promise.all([
      this.#closing,
      closeAll(
        gone.map(([, pair]) => pair),
        graceMs,
      ),
    ])
  }

  /** Closes everything, and resolves when it is closed. */
  async close(graceMs: number): Promise<void> {
    await this.change([], graceMs)
    await this.#closing
  }

  // With port 0 the system chooses one for UDP, which may be taken for TCP: then another.
  async #bind(address: ListenAddress): Promise<readonly Listener[]> {
    for (let tries = 1; ; tries++) {
      const udp = await bound(this.#options.udp(address), 'UDP', address)
      try {
        return [udp, await bound(this.#options.tcp(udp.address), 'TCP', address)]
      } catch (error) {
        await udp.close(0)
        if (address.port !== 0 || tries === SAME_PORT_TRIES) throw error
      }
    }
  }
}

async function bound(listener: Promise<Listener>, protocol: string, address: ListenAddress): Promise<Listener> {
  try {
    return await listener
  } catch (error) {
    const reason = REASONS[codeOf(error)] ?? messageOf(error)
    throw new Error(`cannot listen on ${protocol} ${hostAndPort(address)}: ${reason}`, { cause: error })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'ports below 1024 need the capability NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'this host does not have the address',
}

async function closeAll(pairs: Iterable<readonly Listener[]>, graceMs: number): Promise<void> {
  await Promise.all([...pairs].flat().map((listener) => listener.close(graceMs)))
}
