import { once } from 'node:events'
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps, type Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { CertificateAndKey } from './certificate-authority.ts'

/** What a server was shown with one request. */
export interface Shown {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** Common name of the client certificate. */
  readonly client: string | undefined
  /** The server name of the TLS handshake. */
  readonly serverName: string | undefined
  /** Counted from 1. */
  readonly connection: number
}

type Answer = (response: ServerResponse, shown: Shown) => unknown

interface Options {
  /** Over TLS when given. */
  readonly keys?: CertificateAndKey
  readonly host?: string
  /** 200 and an empty object unless given. */
  readonly answer?: Answer
}

/** An HTTP server that says how it was asked. */
export class WatchedServer implements AsyncDisposable {
  readonly shown: Shown[] = []
  answer: Answer
  readonly #server: ReturnType<typeof createHttp>
  readonly #options: Options
  readonly #connections = new Map<object, number>()

  constructor(options: Options) {
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      const shown = this.#shownBy(request)
      this.shown.push(shown)
      this.answer(response, shown)
    }
    const { keys, answer = (response) => response.end('{}') } = options
    this.#options = options
    this.answer = answer
    this.#server =
      keys === undefined
        ? createHttp(listener)
        : createHttps({ ...keys, requestCert: true, rejectUnauthorized: false }, listener)
    this.#server.on(keys === undefined ? 'connection' : 'secureConnection', (socket: object) =>
      this.#connections.set(socket, this.#connections.size + 1),
    )
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    const { keys, host = '127.0.0.1' } = this.#options
    return `${keys === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${this.port}`
  }

  get last(): Shown {
    const last = this.shown.at(-1)
    if (last === undefined) throw new Error('nobody has asked')
    return last
  }

  async listen(): Promise<this> {
    this.#server.listen(0, this.#options.host ?? '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  /** From now on new connections are shown this certificate. */
  changeKeys(keys: CertificateAndKey): void {
    ;(this.#server as HttpsServer).setSecureContext({ ...keys })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  #shownBy({ url = '', headers, socket }: IncomingMessage): Shown {
    const tls = this.#options.keys === undefined ? undefined : (socket as TLSSocket)
    const serverName = tls && 'servername' in tls && typeof tls.servername === 'string' ? tls.servername : undefined
    const client = tls?.getPeerCertificate().subject?.CN
    const connection = this.#connections.get(socket) ?? 0
    return { path: url, headers, client: client?.toString(), serverName, connection }
  }
}

export const watchedServer = (options: Options = {}): Promise<WatchedServer> => new WatchedServer(options).listen()
