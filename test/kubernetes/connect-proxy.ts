import { once } from 'node:events'
import { createServer, request as ask } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** An HTTP proxy that lets clients through to where they want, or refuses them with a status. */
export class ConnectProxy implements AsyncDisposable {
  /** `host:port` of each that was wanted by CONNECT, and the whole URL of others. */
  readonly wanted: string[] = []
  refusal: number | undefined
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer(({ url = '', method, headers }, response) => {
    this.wanted.push(url)
    ask(url, { method, headers, agent: false }, (answer) => answer.pipe(response)).end()
  })

  constructor() {
    this.#server.on('connection', (socket) => this.#keep(socket))
    this.#server.on('connect', ({ url = '' }, client: Socket) => {
      this.wanted.push(url)
      if (this.refusal !== undefined) {
        client.end(`HTTP/1.1 ${this.refusal} No\r\ncontent-length: 0\r\n\r\n`)
        return
      }
      const { hostname, port } = new URL(`http://${url}`)
      const server = this.#keep(connect(Number(port), hostname))
      server.once('connect', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        client.pipe(server).pipe(client)
      })
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket)
    return socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket))
  }
}

export const connectProxy = (): Promise<ConnectProxy> => new ConnectProxy().listen()
