import type { ConnectedSockets } from '../../native/connected-sockets.ts'
import type { ServerAddress } from '../upstream.ts'
import type { Transport, TransportQuery } from './transport.ts'
import { type QuestionSockets, UdpExchange, type UdpExchangeOptions } from './udp-exchange.ts'

interface Options extends UdpExchangeOptions {
  readonly server: ServerAddress
  /** Shared by all transports of the process; not closed with this. */
  readonly sockets: ConnectedSockets
}

/** As `UdpTransport`, a fresh random port for each query and all, without a socket of Node's for each. */
export class NativeUdpTransport implements Transport {
  readonly #options: Options
  readonly #sockets: QuestionSockets<number>
  readonly #underWay = new Set<UdpExchange<number>>()
  #isClosed = false

  constructor(options: Options) {
    this.#options = options
    const { sockets } = options
    const server = sockets.address(options.server.host, options.server.port)
    this.#sockets = {
      ask: (question, receiver) => sockets.ask(server, question, receiver),
      letGo: (socket) => sockets.letGo(socket),
    }
  }

  exchange(query: TransportQuery): Promise<Buffer> {
    if (query.signal.aborted) return Promise.reject(query.signal.reason)
    if (this.#isClosed) return Promise.reject(closedError())
    return new UdpExchange(query, this.#options, this.#sockets, this.#underWay).start()
  }

  close(): void {
    this.#isClosed = true
    for (const exchange of this.#underWay) exchange.fail(closedError())
  }
}

const closedError = (): Error => new Error('the transport was closed')
