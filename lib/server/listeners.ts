import { codeOf, messageOf } from '../base/error-text.ts'
import type { ListenAddress, Listener } from './listener.ts'
import { hostAndPort } from '../base/host-and-port.ts'

const SAME_PORT_TRIES = 20

interface Options {
  readonly udp: (address: ListenAddress) => Promise<Listener>
  readonly tcp: (address: ListenAddress) => Promise<Listener>
  readonly tls: (address: ListenAddress) => Promise<Listener>
}

/** What is open at one address. */
interface Place {
  readonly isEncrypted: boolean
  readonly listeners: readonly Listener[]
}

/** What is listened on: UDP and TCP on each address, or TLS. A change opens what is new before it closes what is gone. */
export class Listeners {
  readonly #options: Options
  readonly #open = new Map<string, Place>()
  #closing: Promise<unknown> = Promise.resolve()

  constructor(options: Options) {
    this.#options = options
  }

  get addresses(): string[] {
    return [...this.#open.values()].flatMap(({ isEncrypted, listeners: [first] }) =>
      first === undefined ? [] : [written(first.address, isEncrypted)],
    )
  }

  /**
   * Makes these the addresses, and resolves when all are open. Those that stay are not touched; those that go finish
   * what is under way for at most `graceMs`. If one cannot be bound, nothing changes and the promise rejects.
   */
  async change(addresses: readonly ListenAddress[], graceMs: number): Promise<void> {
    const opened = new Map<string, Place>()
    const wanted = new Set<string>()
    try {
      for (const [i, address] of addresses.entries()) {
        const text = written(address, address.isEncrypted === true)
        const key = address.port === 0 ? `${text} ${i}` : text
        wanted.add(key)
        if (!this.#open.has(key)) opened.set(key, await this.#bind(address))
      }
    } catch (error) {
      await closeAll(opened.values(), 0)
      throw error
    }
    const gone = [...this.#open].filter(([key]) => !wanted.has(key))
    for (const [key] of gone) this.#open.delete(key)
    for (const [key, place] of opened) this.#open.set(key, place)
    this.#closing = Promise.all([
      this.#closing,
      closeAll(
        gone.map(([, place]) => place),
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
  async #bind(address: ListenAddress): Promise<Place> {
    if (address.isEncrypted === true)
      return { isEncrypted: true, listeners: [await bound(this.#options.tls(address), 'TLS', address)] }
    for (let tries = 1; ; tries++) {
      const udp = await bound(this.#options.udp(address), 'UDP', address)
      try {
        const tcp = await bound(this.#options.tcp(udp.address), 'TCP', address)
        return { isEncrypted: false, listeners: [udp, tcp] }
      } catch (error) {
        await udp.close(0)
        if (address.port !== 0 || tries === SAME_PORT_TRIES) throw error
      }
    }
  }
}

const written = (address: ListenAddress, isEncrypted: boolean): string =>
  `${isEncrypted ? 'tls://' : ''}${hostAndPort(address)}`

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

async function closeAll(places: Iterable<Place>, graceMs: number): Promise<void> {
  await Promise.all([...places].flatMap(({ listeners }) => listeners).map((listener) => listener.close(graceMs)))
}
