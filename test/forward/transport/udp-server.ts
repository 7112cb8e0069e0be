import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

interface Asked {
  readonly query: Buffer
  /** To whoever asked, from the port that was asked. */
  readonly send: (reply: Buffer) => void
}

/** A UDP port on loopback where a test answers the first query by hand. */
export class UdpServer implements AsyncDisposable {
  readonly #socket: Socket
  readonly asked: Promise<Asked>

  private constructor(socket: Socket) {
    this.#socket = socket
    this.asked = new Promise((resolve) => {
      socket.once('message', (query: Buffer, from: RemoteInfo) =>
        resolve({ query, send: (reply) => socket.send(reply, from.port, from.address) }),
      )
    })
  }

  static async start(): Promise<UdpServer> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new UdpServer(socket)
  }

  get address(): { readonly host: string; readonly port: number } {
    return { host: '127.0.0.1', port: this.#socket.address().port }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((closed) => void this.#socket.close(closed))
  }
}
