import type { SocketAddresses } from '../native/socket-address.ts'

const MAX_CLIENTS_KNOWN = 4096
const IPV4_LENGTH = 16

/** Those who asked lately, as text. */
export class ClientTexts {
  readonly #addresses: SocketAddresses
  readonly #known = new Map<string | number, string>()

  constructor(addresses: SocketAddresses) {
    this.#addresses = addresses
  }

  textOf(from: Buffer): string {
    const key = from.length === IPV4_LENGTH ? from.readUInt32LE(4) : from.toString('latin1', 8, 28)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const text = this.#addresses.format(from) ?? ''
    if (this.#known.size >= MAX_CLIENTS_KNOWN) this.#known.clear()
    this.#known.set(key, text)
    return text
  }
}
