import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { nameIn, replyTo } from './message.ts'

/** What is done with a query: `send` replies from the port that was asked; `port` is the one it came from. */
type Script = (query: Buffer, send: (reply: Buffer) => void, port: number) => void

/** A name server on a loopback port that nobody listens at for TCP. */
export class UdpOnlyServer implements AsyncDisposable {
  readonly #socket: Socket = createSocket('udp4')
  readonly #scripts = new Map<string, Script>()
  readonly #seen: { readonly name: string; readonly port: number }[] = []
  #isOpen = true

  private constructor() {
    this.#socket.on('message', (query, from) => this.#take(query, from))
  }

  static async start(): Promise<UdpOnlyServer> {
    const server = new UdpOnlyServer()
    server.#socket.bind(0, '127.0.0.1')
    await once(server.#socket, 'listening')
    return server
  }

  get place(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  /** For a name; other names have no records. */
  on(name: string, script: Script): void {
    this.#scripts.set(name, script)
  }

  /** The ports that questions came from, in order, of names below the domain. */
  portsOf(domain: string): number[] {
    return this.#seen.flatMap(({ name, port }) => (name.endsWith(`.${domain}`) ? [port] : []))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false
    await new Promise<void>((closed) => void this.#socket.close(closed))
  }

  #take(query: Buffer, { port, address }: RemoteInfo): void {
    const name = nameIn(query)
    this.#seen.push({ name, port })
    const send = (reply: Buffer) => {
      if (this.#isOpen) this.#socket.send(reply, port, address)
    }
    const script = this.#scripts.get(name)
    if (script === undefined) send(replyTo(query))
    else script(query, send, port)
  }
}
