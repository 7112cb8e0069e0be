import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Connection, type ConnectionOptions } from './connection.ts'
import type { HandshakeQueue } from './handshake-queue.ts'
import type { Caller } from './listen-stream.ts'
import type { Seat } from './seat.ts'
import type { TlsIdentity } from './tls-identity.ts'

const HANDSHAKE = 22 // type of the first record (RFC 8446 §5.1)

/** What became of handshakes. */
export interface HandshakeCounters {
  done: number
  /** Of these, those that went on with a session from before. */
  resumed: number
  failed: number
}

export interface TlsOptions extends ConnectionOptions {
  readonly identity: TlsIdentity
  readonly handshakes: HandshakeQueue
  readonly handshakeCounters: HandshakeCounters
}

/** A client of DNS over TLS (RFC 7858): silent, then in the handshake, then a connection like any other. */
export class TlsCaller implements Caller {
  readonly #socket: Socket
  readonly #seat: Seat
  readonly #options: TlsOptions
  #connection: Connection | undefined
  #isCut = false

  constructor(socket: Socket, seat: Seat, options: TlsOptions) {
    this.#socket = socket
    this.#seat = seat
    this.#options = options
    socket
      .on('error', () => this.cut())
      .once('end', () => this.#fail())
      .once('readable', () => this.#greet())
  }

  finish(): void {
    if (this.#connection === undefined) this.cut()
    else this.#connection.finish()
  }

  leave(): void {
    if (this.#connection === undefined) this.cut()
    else this.#connection.leave()
  }

  cut(): void {
    this.#isCut = true
    this.#socket.destroy()
  }

  // Only what begins like TLS costs more than this.
  #greet(): void {
    this.#options.rightOfWay.give()
    const octets = this.#socket.read() as Buffer | null
    if (octets === null) return
    if (octets[0] !== HANDSHAKE) return this.#fail()
    this.#socket.unshift(octets)
    this.#options.handshakes.add(this.#seat.client, () => this.#begin())
  }

  #begin(): boolean {
    const { context } = this.#options.identity
    if (this.#isCut || this.#socket.destroyed) return false
    if (context === undefined) this.cut()
    const secured = new TLSSocket(this.#socket, {
      isServer: true,
      ALPNProtocols: ['dot'],
      requestCert: false,
      ...(context && { secureContext: context }),
    })
    secured.on('error', () => this.#fail()).on('_tlsError', () => this.#fail())
    secured.once('end', () => this.#fail()).once('close', () => this.#fail())
    secured.once('secure', () => this.#serve(secured))
    return true
  }

  #serve(secured: TLSSocket): void {
    const { handshakeCounters, rightOfWay } = this.#options
    rightOfWay.give()
    handshakeCounters.done++
    if (secured.isSessionReused()) handshakeCounters.resumed++
    this.#connection = new Connection(secured, this.#seat, this.#options)
    this.#seat.settle('idle', true)
  }

  #fail(): void {
    if (this.#isCut || this.#connection !== undefined) return
    this.#options.handshakeCounters.failed++
    this.cut()
  }
}
