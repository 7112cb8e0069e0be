import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Carries datagrams to a port of 127.0.0.1 and back, each under its own id, once it knows where. */
export class UdpRelay implements AsyncDisposable {
  readonly #front = createSocket('udp4')
  readonly #back = createSocket('udp4')
  readonly #askers: { readonly port: number; readonly id: number }[] = []
  #held: (() => void)[] = []
  #toPort = 0

  static async start(): Promise<UdpRelay> {
    const relay = new UdpRelay()
    await relay.#listen()
    return relay
  }

  get place(): string {
    return `127.0.0.1:${this.#front.address().port}`
  }

  carryTo(port: number): void {
    this.#toPort = port
    for (const go of this.#held.splice(0)) go()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of [this.#front, this.#back]) await new Promise<void>((closed) => void socket.close(closed))
  }

  async #listen(): Promise<void> {
    this.#front.on('message', (query, { port }) => {
      const id = this.#askers.push({ port, id: query.readUInt16BE(0) }) - 1
      query.writeUInt16BE(id & 0xffff, 0)
      const go = () => this.#back.send(query, this.#toPort, '127.0.0.1')
      if (this.#toPort === 0) this.#held.push(go)
      else go()
    })
    this.#back.on('message', (reply) => {
      const asker = this.#askers[reply.readUInt16BE(0)]
      if (asker === undefined) return
      reply.writeUInt16BE(asker.id, 0)
      this.#front.send(reply, asker.port, '127.0.0.1')
    })
    for (const socket of [this.#front, this.#back]) {
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
    }
  }
}
