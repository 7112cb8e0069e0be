import { isIP, isIPv4 } from 'node:net'
import type { Library } from './library.ts'
import { Memory } from './memory.ts'

export const AF_UNSPEC = 0
export const AF_INET = 2
export const AF_INET6 = 10

/** Of the largest that is dealt with here, `sockaddr_in6`. */
export const ADDRESS_OCTETS = 28
const IPV4_ADDRESS_OCTETS = 16
const TEXT_OCTETS = 64 // more than INET6_ADDRSTRLEN, and than IF_NAMESIZE

// Where things are in sockaddr_in and sockaddr_in6; the family and the port are in the same place.
const PORT = 2
const IPV4 = 4
const IPV6 = 8
const SCOPE = 24

/** An address and a port as the system takes them. */
export interface SocketAddress {
  readonly family: number
  readonly memory: Memory
  /** How much of the memory it takes. */
  readonly length: number
}

/** Between text and `sockaddr`, by the system's own means. */
export class SocketAddresses {
  readonly #library: Library
  readonly #text: Memory
  readonly #octets: Memory

  constructor(library: Library) {
    this.#library = library
    this.#text = new Memory(library, TEXT_OCTETS)
    this.#octets = new Memory(library, ADDRESS_OCTETS)
  }

  /** No address: a socket that is connected to it is connected no more. */
  none(): SocketAddress {
    return { family: AF_UNSPEC, memory: new Memory(this.#library, IPV4_ADDRESS_OCTETS), length: IPV4_ADDRESS_OCTETS }
  }

  /** Of an IP address, with or without a scope (RFC 4007 §11): `fe80::1%eth0`, `fe80::1%2`. */
  parse(host: string, port: number): SocketAddress {
    if (isIP(host) === 0) throw new TypeError(`${host} is not an IP address`)
    if (!Number.isInteger(port) || port < 0 || port > 0xffff) throw new RangeError(`${port} is not a port`)
    const family = isIPv4(host) ? AF_INET : AF_INET6
    const length = family === AF_INET ? IPV4_ADDRESS_OCTETS : ADDRESS_OCTETS
    const memory = new Memory(this.#library, length)
    const [address = '', scope] = host.split('%')
    this.#write(address)
    const at = family === AF_INET ? IPV4 : IPV6
    if (this.#library.functions.inet_pton(family, this.#text.pointer, memory.pointerAt(at)) !== 1) {
      throw new TypeError(`${host} is not an IP address`)
    }
    memory.bytes.writeUInt16LE(family, 0)
    memory.bytes.writeUInt16BE(port, PORT)
    if (scope !== undefined) memory.bytes.writeUInt32LE(this.#scopeId(scope), SCOPE)
    return { family, memory, length }
  }

  /** Of the octets of a `sockaddr`, at least as many as its family takes. `undefined` if it is not one of ours. */
  format(octets: Buffer): string | undefined {
    if (octets.length < 2) return undefined
    const family = octets.readUInt16LE(0)
    const length = lengthOf(family)
    if (length === 0 || octets.length < length) return undefined
    octets.copy(this.#octets.bytes, 0, 0, length)
    const address = this.#octets.pointerAt(family === AF_INET ? IPV4 : IPV6)
    if (this.#library.functions.inet_ntop(family, address, this.#text.pointer, TEXT_OCTETS) === 0n) return undefined
    const text = this.#text.text()
    const scope = family === AF_INET6 ? octets.readUInt32LE(SCOPE) : 0
    return scope === 0 ? text : `${text}%${this.#scopeName(scope)}`
  }

  #scopeId(scope: string): number {
    if (/^\d{1,9}$/.test(scope)) return Number(scope)
    this.#write(scope)
    const index = this.#library.functions.if_nametoindex(this.#text.pointer)
    if (index === 0) throw new TypeError(`there is no network interface ${scope}`)
    return index
  }

  #scopeName(scope: number): string {
    const found = this.#library.functions.if_indextoname(scope, this.#text.pointer) !== 0n
    return found ? this.#text.text() : String(scope)
  }

  #write(text: string): void {
    if (text.length >= TEXT_OCTETS || text.includes('\0')) throw new TypeError(`${text} is too long`)
    this.#text.bytes.fill(0)
    this.#text.bytes.write(text, 'latin1')
  }
}

/** How many octets a `sockaddr` of this family takes; 0 if it is not one of ours. */
function lengthOf(family: number): number {
  if (family === AF_INET) return IPV4_ADDRESS_OCTETS
  return family === AF_INET6 ? ADDRESS_OCTETS : 0
}

export const portOf = (octets: Buffer): number => octets.readUInt16BE(PORT)
