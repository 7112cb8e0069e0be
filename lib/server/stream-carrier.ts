import type { Carrier } from './carrier.ts'
import type { SendBuffer } from './send-buffer.ts'

/** How long a connection may be idle now, which depends on how many there are. */
interface IdleTime {
  readonly idleMs: number
}

/** A connection of its protocol: one for all of them, so that a query costs none. */
export class StreamCarrier implements Carrier {
  readonly overUdp = false
  readonly isEncrypted: boolean
  readonly room: NonNullable<Carrier['room']>
  readonly #connections: IdleTime

  constructor(isEncrypted: boolean, connections: IdleTime, { room }: SendBuffer) {
    this.isEncrypted = isEncrypted
    this.room = room
    this.#connections = connections
  }

  get idleMs(): number {
    return this.#connections.idleMs
  }
}
